import type { UseQueryResult } from "@tanstack/react-query";
import { isFinished, type RepricingDetails } from "@/api/repricing";
import { count, many } from "@/lib/numbers";
import { Meter } from "./meter";
import { Money } from "./money";
import { Failure } from "./ui/states";

/** How far a repricing is, and what came of it, in a line that says it aloud. */
export function RepricingState({ query }: { query: UseQueryResult<RepricingDetails> }) {
  if (query.data === undefined) {
    if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
    return <p role="status">Asking for it…</p>;
  }
  const { data } = query;
  const { seen, expected } = data.progress;
  if (!isFinished(data)) {
    return (
      <div className="grid gap-2">
        <p role="status">
          {data.status === "queued" ? "Waiting for a worker…" : "Looking through the calls…"}
        </p>
        <Meter fraction={expected ? seen / expected : 0} label="Calls looked through" />
        <p className="figures text-xs text-muted">
          {expected === null
            ? `${count(seen)} looked through`
            : `${count(seen)} of ${many(expected, "call")}`}
        </p>
      </div>
    );
  }
  if (data.status === "failed") {
    return (
      <p role="alert" className="text-bad">
        It failed: {data.error ?? "the worker did not say why"}. Nothing of it is half done; ask
        again.
      </p>
    );
  }
  return (
    <p role="status">
      {data.changed === 0 ? (
        `No call ${data.dry_run ? "would change" : "changed"}; ${many(seen, "was", "were")} looked through.`
      ) : (
        <>
          {many(data.changed, "call")} {data.dry_run ? "would cost" : "cost"} something else: spend{" "}
          <Money amount={data.difference} signed className="font-medium" />.
        </>
      )}
      {data.skipped > 0 &&
        ` ${many(data.skipped, "call was", "calls were")} adjusted again since and left as they are.`}
    </p>
  );
}
