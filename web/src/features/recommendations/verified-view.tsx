import { Money } from "@/components/money";
import { isNegative } from "@/lib/money";
import { many } from "@/lib/numbers";
import { day } from "@/lib/times";
import type { Recommendation } from "./reads";

/** What an accepted recommendation really saved since. */
export function VerifiedView({ verified }: { verified: NonNullable<Recommendation["verified"]> }) {
  const { saving, low, high, reason, since, calls, cost_per_call, baseline_cost_per_call, method } =
    verified;
  const lost = saving !== null && isNegative(saving);
  return (
    <section
      aria-label="Verified saving"
      className={`rounded-md px-3 py-2.5 text-sm ${saving === null ? "bg-sunken" : lost ? "bg-bad-soft" : "bg-good-soft"}`}
    >
      {saving === null ? (
        <p>
          <span className="font-medium">Not verified yet:</span> {reason ?? "it is too early"}.
        </p>
      ) : (
        <>
          <p className={lost ? "text-bad" : "text-good"}>
            <span className="font-medium">
              {lost ? "Costs more: " : "Saved "}
              <Money amount={saving} />
            </span>{" "}
            since {day(since.slice(0, 10))}
            {low !== null && high !== null && (
              <>
                {" "}
                (<Money amount={low} /> to <Money amount={high} />)
              </>
            )}
          </p>
          <p className="mt-0.5 text-xs">
            A call cost <Money amount={baseline_cost_per_call} /> before and costs{" "}
            <Money amount={cost_per_call} /> now, over {many(calls, "call")}.
          </p>
        </>
      )}
      <p className="mt-0.5 text-xs text-muted">{method}.</p>
    </section>
  );
}
