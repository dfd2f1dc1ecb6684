import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { count, many } from "@/lib/numbers";
import { instant } from "@/lib/times";
import type { Report } from "./reads";

/** What was read for the advice, and what of it is not known. */
export function BasedOn({ basis }: { basis: Report["based_on"] }) {
  const { zone } = useWorkspace();
  return (
    <p className="max-w-4xl text-xs text-muted">
      Based on {many(basis.calls, "call")} of known cost (<Money amount={basis.spend} />) from{" "}
      {instant(basis.from, zone)} to {instant(basis.to, zone)}.
      {basis.unpriced_events > 0 &&
        ` ${many(basis.unpriced_events, "call")} without a price ${basis.unpriced_events === 1 ? "is" : "are"} in no advice.`}
      {basis.sampled &&
        ` How calls were made was read from ${count(basis.events_read)} calls; the others are taken to be like these.`}
    </p>
  );
}
