import { CalendarSearch } from "lucide-react";
import { unknownIn } from "@/api/costs";
import { readGroups, type Groups } from "@/api/groups";
import type { Unit } from "@/api/spend-over-time";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { inWords, OTHER, type Dimension } from "@/lib/dimensions";
import { count, many } from "@/lib/numbers";
import { nameOf as nameOfRange, nameOfDays, type Range } from "@/lib/ranges";
import { day, instant } from "@/lib/times";
import { GroupsTable } from "./groups-table";
import { OverTimeCard } from "./over-time-card";
import { daysBefore, isQuick, type Question } from "./question";
import { Refusal } from "./refusal";
import { rowsOf } from "./rows";
import type { Order } from "./state";

interface SpendTabProps {
  question: Question;
  compare: boolean;
  unit: "auto" | Unit;
  kind: "bars" | "area";
  order: Order;
  onChange: (changes: {
    unit?: "auto" | Unit;
    kind?: "bars" | "area";
    sort?: Order;
    range?: Range;
    and?: Dimension;
  }) => void;
  nameOfValue: (dimension: Dimension, value: string) => string;
  narrowTo: (dimension: Dimension, value: string) => string;
}

/** What was spent, by one or two groupings, over time and in sum. */
export function SpendTab(props: SpendTabProps) {
  const { question, compare, unit, kind, order, onChange, nameOfValue, narrowTo } = props;
  const { id, zone: ownZone } = useWorkspace();
  const moving = isQuick(question, ownZone);
  const now = useGroups(question, moving);
  const before = useGroupsBefore(question, compare);
  if (now.isError && now.data === undefined) {
    return (
      <Card>
        <Refusal
          error={now.error}
          question={question}
          onRange={(range) => onChange({ range })}
          {...(question.dimensions.length > 1
            ? { onOneGrouping: () => onChange({ and: "" }) }
            : {})}
          onRetry={() => void now.refetch()}
        />
      </Card>
    );
  }
  // What still stands there answers an earlier question: it says nothing of this one.
  const earlier = now.isPlaceholderData;
  if (!earlier && now.data?.summary.counts.events === 0 && !compare) {
    return (
      <Card>
        <Empty icon={CalendarSearch} title="No calls fit that">
          Choose another time, or take a filter away.
        </Empty>
      </Card>
    );
  }
  const compared = compare && !earlier ? (before.groups.data ?? null) : null;
  const what = `Spend by ${question.dimensions.map(inWords).join(" and ")}, ${nameOfRange(question.range)}`;
  return (
    <div className="grid min-w-0 gap-4">
      <OverTimeCard
        question={question}
        unit={unit}
        kind={kind}
        moving={moving}
        onChange={onChange}
        nameOfValue={nameOfValue}
      />
      <Card
        title="In sum"
        about={compare && before.words !== null ? `Before: ${before.words}` : undefined}
        flush
      >
        <QueryView query={now} skeleton={<Skeleton className="mx-4 mb-4 h-80" />}>
          {(data) => (
            <div className={earlier ? "opacity-60" : undefined}>
              {compare && before.groups.isError && (
                <p
                  role="alert"
                  className="mx-4 mb-2 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn"
                >
                  The time before could not be counted, so there is nothing to compare with.
                </p>
              )}
              <GroupsTable
                caption={what}
                rows={rowsOf(data, compared)}
                now={data}
                before={compared}
                question={question}
                workspace={id}
                order={order}
                onOrder={(sort) => onChange({ sort })}
                nameOfValue={nameOfValue}
                narrowTo={narrowTo}
              />
              <Notes groups={data} />
            </div>
          )}
        </QueryView>
      </Card>
    </div>
  );
}

/** Read what the table shows; the screen reads the same, for its download. */
export function useGroups(question: Question, moving: boolean, enabled = true) {
  const { days, zone, filters, dimensions } = question;
  return useRead(
    ["groups", dimensions, days, zone, filters],
    (api, signal) => readGroups(api, { days, zone, filters, dimensions }, signal),
    { moving, enabled },
  );
}

/** Read the same of the time before. */
export function useGroupsBefore(question: Question, enabled: boolean) {
  const { zone, filters, dimensions } = question;
  const days = daysBefore(question);
  const groups = useRead(
    ["groups", dimensions, days, zone, filters],
    (api, signal) =>
      readGroups(api, { days: days ?? question.days, zone, filters, dimensions }, signal),
    { enabled: enabled && days !== null, keep: false },
  );
  return { groups, words: days === null ? null : wordsOf(days, zone) };
}

function wordsOf({ from, to }: { from: string; to: string }, zone: string): string {
  if (!to.includes("T")) return nameOfDays({ from, to });
  return `from ${day(from)} to ${instant(to, zone)}, the same time of day as now`;
}

/** What the sums rest on, and what is not in them. */
function Notes({ groups: { rows, summary, cut } }: { groups: Groups }) {
  const { counts, source } = summary;
  const unknown = unknownIn(summary);
  const notes = [
    unknown > 0 &&
      `The cost of ${many(unknown, "call")} is not known, so no sum has it: ${[
        counts.unpriced > 0 && `${many(counts.unpriced, "call")} without a price`,
        counts.missing > 0 && `${many(counts.missing, "call")} without usage`,
        counts.quarantined > 0 &&
          `${many(counts.quarantined, "call")} whose usage contradicts itself`,
      ]
        .filter((each) => each !== false)
        .join(", ")}.`,
    source.kind === "events" &&
      `Counted call by call: ${many(source.events_scanned, "call")} looked at, all that fit, since no sums are kept of this.`,
    rows.some(({ keys }) => Object.values(keys).includes(OTHER)) &&
      "“(other)” adds up what very busy days do not keep apart: all but the dearest values.",
    cut &&
      `There are more than 10,000 lines: these are the ${count(rows.length)} that cost most. The total has all of them.`,
    rows.some(({ unknown: told }) => told === null) &&
      "There are too many lines to tell at each how many of its calls have no known cost.",
  ].filter((note) => note !== false);
  if (notes.length === 0) return null;
  return (
    <ul className="grid gap-1 border-t border-line px-4 py-3 text-xs text-muted">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
