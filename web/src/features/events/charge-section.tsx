import { Money } from "@/components/money";
import { Badge } from "@/components/ui/badge";
import { CLASS_NAMES } from "@/lib/token-classes";
import { count, many } from "@/lib/numbers";
import { exactPlaces, isZero } from "@/lib/money";
import { capital } from "@/lib/sentences";
import { partsOf } from "./charge";
import type { EventInFull } from "./event-in-full";
import { stateOf } from "./event-row";
import { Section } from "./section";

/** What a call cost, and of what that consists. */
export function Charge({ event }: { event: EventInFull }) {
  const parts = partsOf(event, event.price?.rates ?? null);
  const places = exactPlaces([
    ...parts.flatMap(({ cost }) => cost ?? []),
    ...(event.tool_cost === null ? [] : [event.tool_cost]),
  ]);
  const units = Object.entries(event.units ?? {});
  const { reasoning } = event.tokens;
  const fees = event.tool_cost !== null && !isZero(event.tool_cost);
  return (
    <Section title="Cost">
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-2xl font-semibold">
          {event.cost === null ? (
            "Not known"
          ) : (
            <Money amount={event.cost} places={exactPlaces([event.cost])} />
          )}
        </span>
        {stateOf(event).map(({ word, tone }) => (
          <Badge key={word} tone={tone}>
            {word}
          </Badge>
        ))}
      </div>
      <p className="text-sm text-muted">{aboutCost(event)}</p>
      {(parts.length > 0 || units.length > 0) && (
        <table className="w-full text-sm">
          <caption className="sr-only">Tokens by class and what they cost</caption>
          <thead className="text-xs text-muted">
            <tr>
              <th scope="col" className="py-1 text-left font-medium">
                Tokens
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                Count
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                Per million
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {parts.map((part) => (
              <tr key={part.class} className="border-t border-line">
                <th scope="row" className="py-1.5 text-left font-normal">
                  {CLASS_NAMES[part.class]}
                </th>
                <td className="text-right">{count(part.tokens)}</td>
                <td className="text-right text-muted">
                  {part.rate === null ? "" : <Money amount={part.rate} />}
                </td>
                <td className="text-right">
                  {part.cost === null ? "" : <Money amount={part.cost} places={places} />}
                </td>
              </tr>
            ))}
            {units.map(([unit, amount]) => (
              <tr key={unit} className="border-t border-line">
                <th scope="row" className="py-1.5 text-left font-normal">
                  {unitName(unit)}
                </th>
                <td className="text-right">{amount}</td>
                <td />
                <td />
              </tr>
            ))}
            {fees && (
              <tr className="border-t border-line">
                <th scope="row" colSpan={3} className="py-1.5 text-left font-normal">
                  Fees beside tokens
                </th>
                <td className="text-right">
                  <Money amount={event.tool_cost} places={places} />
                </td>
              </tr>
            )}
          </tbody>
        </table>
      )}
      {reasoning !== null && reasoning > 0 && (
        <p className="text-xs text-muted">
          {many(reasoning, "token")} of the output were reasoning, at the same rate.
        </p>
      )}
      {event.reported_cost !== null && (
        <p className="text-sm">
          The {event.reported_by ?? "sender"} reported <Money amount={event.reported_cost} />
          {event.computed_cost !== null && (
            <>
              ; by the price book it is <Money amount={event.computed_cost} />
            </>
          )}
          .
        </p>
      )}
    </Section>
  );
}

function aboutCost({ price_status: status, billing, quarantine_reason: reason }: EventInFull) {
  const apart =
    billing === "subscription" || billing === "provisioned"
      ? " It is paid for in another way, so this is its value by the list and no spend."
      : "";
  switch (status) {
    case "priced":
      return `Worked out from its tokens by the price book.${apart}`;
    case "reported":
      return `What the provider itself reported.${apart}`;
    case "estimated":
      return `Estimated from what was seen of the call: the provider sent no counts.${apart}`;
    case "unpriced":
      return "Its model has no price in the book, so it is in no total. As soon as there is a price, it is charged by itself.";
    case "missing":
      return "The provider's counts never came, so it is in no total.";
    case "quarantined":
      return `Its counts cannot be trusted, so it is in no total: ${reason ?? "they contradict themselves"}.`;
    case "free":
      return "Nothing was charged.";
  }
}

function unitName(unit: string): string {
  return capital(unit.replaceAll("_", " "));
}
