import { Link } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { instant } from "@/lib/times";
import type { EventInFull } from "./event-in-full";
import { explainRule } from "./price-rule";
import { Fact, Facts, Section } from "./section";

const LAYERS: Readonly<Record<string, string>> = {
  catalogue: "Price list",
  override: "LLMLab's correction of the list",
  custom: "Your own",
};

/** By which price a call was charged, and how that was found. */
export function Price({ event, zone }: { event: EventInFull; zone: string }) {
  const { id } = useWorkspace();
  const { price } = event;
  if (event.price_status === "unpriced") {
    const asked = new URLSearchParams({ provider: event.provider, model: event.model });
    return (
      <Section title="Price">
        <p className="text-sm text-muted">
          The book knows no price of <bdi className="break-all">{event.model}</bdi> at{" "}
          {event.provider} for that time.
        </p>
        <ButtonLink
          to={`/w/${String(id)}/prices/model?${asked.toString()}`}
          className="justify-self-start"
        >
          Give it a price
        </ButtonLink>
      </Section>
    );
  }
  if (event.price_id === null) return null;
  const { provider, model } = price ?? event;
  const asked = new URLSearchParams({ provider, model });
  return (
    <Section title="Price">
      <Facts>
        <Fact name="Charged as">
          <Link
            to={`/w/${String(id)}/prices/model?${asked.toString()}`}
            className="text-accent underline underline-offset-2"
          >
            <Name className="inline">{`${provider} / ${model}`}</Name>
          </Link>
          {price && price.context !== "" && (
            <>
              {" "}
              <Badge>{price.context}</Badge>
            </>
          )}
        </Fact>
        {event.price_rule !== null && (
          <Fact name="Found by">
            {explainRule(event.price_rule).map((line) => (
              <span key={line} className="block">
                {line}.
              </span>
            ))}
            <code className="text-xs text-muted">{event.price_rule}</code>
          </Fact>
        )}
        {price && (
          <>
            <Fact name="From">
              {LAYERS[price.layer] ?? price.layer}
              {price.source !== "" && <span className="block text-muted">{price.source}</span>}
            </Fact>
            <Fact name="Holds">
              {price.valid_from === null ? "always" : `from ${instant(price.valid_from, zone)}`}
              {price.valid_until !== null && ` until ${instant(price.valid_until, zone)}`}
            </Fact>
          </>
        )}
        <Fact name="Price id">
          <span className="figures">{event.price_id}</span>
        </Fact>
      </Facts>
    </Section>
  );
}
