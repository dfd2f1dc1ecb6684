import { Money } from "@/components/money";
import type { Money as Amount } from "@/lib/money";
import { count, many, short } from "@/lib/numbers";

interface KnownAmountProps {
  /** Null: the cost of none of the calls is known. */
  spend: Amount | null;
  /** Calls that are not in the spend; null where that is not told. */
  unknown: number | null;
  events: number;
  /** The column's. */
  places: number;
}

/** What calls cost, in a column, with those named that are not in it. */
export function KnownAmount({ spend, unknown, events, places }: KnownAmountProps) {
  return (
    <>
      {unknown !== null && unknown > 0 && (
        <span
          title={`Of ${many(events, "call")} the cost of ${count(unknown)} is not known`}
          className="mr-1.5 text-xs whitespace-nowrap text-warn"
        >
          {unknown === events ? "not priced" : `${short(unknown)} not priced`}
        </span>
      )}
      <Money amount={spend} within={places} />
    </>
  );
}
