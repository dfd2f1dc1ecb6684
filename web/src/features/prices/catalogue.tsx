import type { Schemas } from "@llmlab/client";
import { ago, day } from "@/lib/times";

/** How old the list is that everyone's prices come from. */
export function Catalogue({ state }: { state: Schemas["CatalogueState"] | null }) {
  if (state === null) {
    return (
      <p className="text-warn">
        No price list was brought in yet: <code>llmlab prices sync</code> on the server does that.
      </p>
    );
  }
  return (
    <p>
      Price list {state.source}, looked for anew {ago(state.looked_at)}
      {state.newest_price !== null && `; its newest price is of ${day(state.newest_price)}`}.
      {state.age_days > OLD_DAYS && (
        <span className="text-warn">
          {" "}
          It is {state.age_days} days old at most: <code>llmlab prices sync</code> looks for a newer
          one.
        </span>
      )}
    </p>
  );
}

const OLD_DAYS = 45;
