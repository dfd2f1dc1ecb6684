import type { ReactNode } from "react";
import { Link } from "react-router";
import { readSummary, unknownIn, type Summary } from "@/api/costs";
import { knownTotal } from "@/api/groups";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Change } from "@/components/change";
import { Money } from "@/components/money";
import { Skeleton, explain } from "@/components/ui/states";
import { each, isZero } from "@/lib/money";
import { count, many, percent } from "@/lib/numbers";
import { beforeSoFar, type Days, type Range } from "@/lib/ranges";
import { exploreLink } from "./explore-links";
import { cacheHits } from "./token-shares";

const FAILED = { status: ["error", "aborted"] };

interface RangeFiguresProps {
  summary: Summary;
  range: Range;
  days: Days;
  ready: boolean;
}

/** The chosen time in five figures. */
export function RangeFigures({ summary, range, days, ready }: RangeFiguresProps) {
  const { zone } = useWorkspace();
  const earlier = beforeSoFar(range, days, zone);
  const before = useRead(
    ["before", earlier, zone],
    (api, signal) => readSummary(api, { days: earlier ?? days, zone }, signal),
    // What was before another time is not what these are compared with.
    { enabled: ready && earlier !== null, keep: false },
  );
  const { counts } = summary;
  const spend = knownTotal(summary);
  const known = counts.events - unknownIn(summary);
  const hits = cacheHits(summary);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 xl:grid-cols-5">
      <Figure
        name="Spend"
        note={
          spend !== null && (
            <Change
              now={spend}
              before={before.data === undefined ? null : knownTotal(before.data)}
              when="in the time before"
            />
          )
        }
      >
        <Money amount={spend} />
      </Figure>
      <Figure
        name="Calls"
        note={before.data !== undefined && `${count(before.data.counts.events)} before`}
      >
        {count(counts.events)}
      </Figure>
      <Figure name="Cost per call" note="of calls with a known cost">
        <Money amount={spend === null ? null : each(spend, known)} />
      </Figure>
      <Figure name="Cache hits" note={hits === null ? "not kept, or no input" : "of input tokens"}>
        {hits === null ? "–" : percent(hits)}
      </Figure>
      <Failed range={range} days={days} ready={ready} errors={counts.errors} />
    </dl>
  );
}

function Failed(props: { range: Range; days: Days; ready: boolean; errors: number }) {
  const { range, days, ready, errors } = props;
  const { id, zone } = useWorkspace();
  const failed = useRead(
    ["failed", days, zone],
    (api, signal) => readSummary(api, { days, zone, filters: FAILED }, signal),
    // Costs a look at the calls themselves. What failed at another time is none of these.
    { enabled: ready, keep: false },
  );
  const { data, error } = failed;
  if (data === undefined) {
    return (
      <Figure
        name="Failed calls"
        note={error === null ? undefined : `${many(errors, "call")}; ${explain(error).detail}`}
      >
        {error === null ? <Skeleton className="h-6 w-20" /> : <Money amount={null} />}
      </Figure>
    );
  }
  const { events } = data.counts;
  const unknown = unknownIn(data);
  return (
    <Figure
      name="Failed calls"
      note={
        events === 0 ? (
          "None failed or broke off"
        ) : (
          <Link
            to={exploreLink(id, range, { by: "model", filters: FAILED })}
            className="inline-flex min-h-6 items-center text-accent hover:underline"
          >
            {many(events, "call")}
            {unknown > 0
              ? ` failed or broke off, ${count(unknown)} at a cost that is not known`
              : isZero(data.total_spend)
                ? " failed, at no cost"
                : " failed or broke off"}
          </Link>
        )
      }
    >
      <Money amount={knownTotal(data)} />
    </Figure>
  );
}

function Figure({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="figures mt-0.5 text-lg font-semibold tracking-tight">{children}</dd>
      <dd className="min-h-4 text-xs text-muted">{note}</dd>
    </div>
  );
}
