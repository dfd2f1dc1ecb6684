import { useValueNames } from "@/api/value-names";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { Button } from "@/components/ui/button";
import { exactInstant } from "@/lib/times";
import type { EventInFull } from "./event-in-full";
import { Section } from "./section";

interface SameResponseProps {
  event: EventInFull;
  zone: string;
  onShow: (id: string) => void;
}

/** Other reports of the same answer of the provider: a hint that a call was reported twice. */
export function SameResponse({ event, zone, onShow }: SameResponseProps) {
  const others = event.same_response ?? [];
  const nameOf = useValueNames(others.length > 0);
  if (others.length === 0) return null;
  return (
    <Section title="Reported more than once">
      <p className="text-sm text-muted">
        The provider answered <code className="break-all">{event.response_id}</code> once and will
        charge it once, but it was reported by these calls too. Look which of the senders reports
        what another one does already.
      </p>
      <ul className="grid gap-1 text-sm">
        {others.map((each) => (
          <li key={each.id} className="flex flex-wrap items-center justify-between gap-2">
            <Button size="small" onClick={() => onShow(each.id)}>
              {exactInstant(each.timestamp, zone)}
            </Button>
            <Name className="text-muted">{nameOf("api_key", String(each.api_key))}</Name>
            <Money amount={each.cost} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
