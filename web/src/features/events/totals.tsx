import { readSummary, type Summary } from "@/api/costs";
import { useRead } from "@/api/use-read";
import { Money } from "@/components/money";
import { Skeleton } from "@/components/ui/states";
import { many } from "@/lib/numbers";
import type { Question } from "./question";

/** What the calls of the list come to, and what that sum does not contain. */
export function Totals({ question }: { question: Question }) {
  const summary = useRead(
    ["summary", question],
    (api, signal) => readSummary(api, question, signal),
    { moving: true },
  );
  if (summary.data === undefined) {
    // The list below tells of its own what failed.
    return summary.isError ? null : <Skeleton className="h-5 w-56" />;
  }
  const { counts, total_spend } = summary.data;
  const without = withoutCost(summary.data);
  return (
    <p className="text-sm text-muted">
      <span className="figures text-ink">{many(counts.events, "call")}</span>, together{" "}
      <Money amount={total_spend} className="font-medium text-ink" />
      {without.length > 0 && <>; not in that sum: {without.join(", ")}</>}
    </p>
  );
}

function withoutCost({ counts }: Summary): string[] {
  const { unpriced, missing, quarantined } = counts;
  return [
    ...(unpriced > 0 ? [`${many(unpriced, "call")} without a price`] : []),
    ...(missing > 0 ? [`${many(missing, "call")} without usage`] : []),
    ...(quarantined > 0 ? [`${many(quarantined, "call")} in quarantine`] : []),
  ];
}
