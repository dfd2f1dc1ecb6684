import { Link } from "react-router";
import { sayActor } from "@/api/repricing";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { PRICE_STATUS } from "@/lib/dimensions";
import { instant } from "@/lib/times";
import type { EventInFull } from "./event-in-full";
import { Section } from "./section";

const KINDS: Readonly<Record<string, string>> = {
  reprice: "Priced again",
  unpriced: "Priced when its price arrived",
  release: "Released from quarantine",
  correct: "Corrected by hand",
  undo: "A correction was undone",
};

/** What a call was when it was stored, and each correction since. */
export function History({ event, zone }: { event: EventInFull; zone: string }) {
  const { id } = useWorkspace();
  const { original, adjustments } = event;
  if (original === null && adjustments.length === 0) return null;
  return (
    <Section title="Corrections">
      <ol className="grid gap-3 border-l border-line pl-4 text-sm">
        {original !== null && (
          <li>
            Stored with <Money amount={original.cost} /> (
            {(PRICE_STATUS[original.price_status] ?? original.price_status).toLowerCase()})
            <span className="block text-xs text-muted">{instant(event.received_at, zone)}</span>
          </li>
        )}
        {adjustments.map((each) => (
          <li key={each.number}>
            <Link
              to={`/w/${String(id)}/prices/repricings/${String(each.repricing)}`}
              className="text-accent underline underline-offset-2"
            >
              {KINDS[each.kind] ?? each.kind}
            </Link>
            : <Money amount={each.cost_before} /> → <Money amount={each.cost} />
            {each.reason !== "" && <span className="block break-words">“{each.reason}”</span>}
            <span className="block text-xs text-muted">
              {instant(each.adjusted_at, zone)} by {sayActor(each.actor)}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
