import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { hasCode } from "@/api/groups";
import { Button } from "@/components/ui/button";
import { Failure, explain } from "@/components/ui/states";
import { lengthOf, type Range } from "@/lib/ranges";
import type { Question } from "./question";

interface RefusalProps {
  error: unknown;
  question: Question;
  onRange: (range: Range) => void;
  /** Absent where there is only one grouping. */
  onOneGrouping?: () => void;
  onRetry: () => void;
}

const TOO_MUCH = [
  "group_by_not_kept",
  "value_not_kept",
  "too_many_groups",
  "too_many_events",
  "too_slow",
];

const SHORTER: readonly (readonly [Range, string, number])[] = [
  ["30d", "The last 30 days", 30],
  ["7d", "The last 7 days", 7],
  ["today", "Today", 1],
];

/** Why there is no answer; where it would have been too much, with the ways to ask for less. */
export function Refusal({ error, question, onRange, onOneGrouping, onRetry }: RefusalProps) {
  if (!TOO_MUCH.some((code) => hasCode(error, code))) {
    return <Failure error={error} retry={onRetry} />;
  }
  const length = lengthOf(question.days);
  return (
    <div role="alert" className="grid justify-items-center gap-2 px-4 py-10 text-center">
      <CircleAlert aria-hidden className="size-6 text-warn" />
      <p className="font-medium">{titleOf(error)}</p>
      <p className="max-w-prose text-sm text-muted">{adviceOf(error, question)}</p>
      <Ways>
        {SHORTER.filter(([, , days]) => days < length).map(([range, name]) => (
          <Button key={name} size="small" onClick={() => onRange(range)}>
            {name}
          </Button>
        ))}
        {onOneGrouping !== undefined && (
          <Button size="small" onClick={onOneGrouping}>
            One grouping only
          </Button>
        )}
      </Ways>
      <details className="mt-2 max-w-prose text-xs text-muted">
        <summary className="min-h-6 cursor-pointer">What the server said</summary>
        <p className="mt-1 text-left wrap-anywhere">{explain(error).detail}</p>
      </details>
    </div>
  );
}

function Ways({ children }: { children: ReactNode }) {
  return <div className="mt-2 flex flex-wrap justify-center gap-2">{children}</div>;
}

function titleOf(error: unknown): string {
  if (hasCode(error, "too_many_groups")) return "Too many lines for one answer";
  if (hasCode(error, "value_not_kept")) return "This value is not kept apart on all of these days";
  if (hasCode(error, "too_slow")) return "This would take too long";
  return "Too many calls to count one by one";
}

function adviceOf(error: unknown, { zone, tz, dimensions }: Question): string {
  if (hasCode(error, "too_many_groups")) {
    return "An answer has at most 10,000 lines. Choose a shorter time, or filter to fewer values.";
  }
  if (hasCode(error, "value_not_kept")) {
    return "A very busy day keeps its dearest values and adds the others up as “(other)”. Choose a shorter time, or “(other)” itself.";
  }
  if (hasCode(error, "too_slow")) {
    return "Choose a shorter time, or filters that more calls fit.";
  }
  if (hasCode(error, "too_many_events")) {
    return "Sessions and traces are added up from single calls, and this time has more of them than are read for one answer. Choose a shorter time.";
  }
  const asked =
    dimensions.length > 1
      ? "These are not kept together, so each call would have to be looked at"
      : "This is not kept with these filters, so each call would have to be looked at";
  const zoned = tz === "" ? "" : ` (days of ${zone} are not those of the workspace, too)`;
  return `${asked}${zoned}. Choose a shorter time, fewer filters, or one grouping.`;
}
