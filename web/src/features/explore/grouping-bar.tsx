import { useId } from "react";
import { DimensionChoice } from "@/components/dimension-choice";
import type { Dimension } from "@/lib/dimensions";
import { GROUPINGS } from "./state";

interface GroupingBarProps {
  by: Dimension;
  /** Empty: none. */
  and: Dimension;
  tags: readonly string[];
  compare: boolean;
  /** Whether anything lies before the chosen time. */
  comparable: boolean;
  onChange: (changes: { by?: Dimension; and?: Dimension; compare?: boolean }) => void;
}

/** By what the calls are put together, and whether that is held against the time before. */
export function GroupingBar(props: GroupingBarProps) {
  const { by, and, tags, compare, comparable, onChange } = props;
  const id = useId();
  return (
    <div
      role="group"
      aria-label="Grouping"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm"
    >
      <span className="flex items-center gap-2">
        <span aria-hidden className="text-muted">
          Group by
        </span>
        <DimensionChoice
          label="Group by"
          value={by}
          known={GROUPINGS}
          tags={tags}
          onChange={(next) => onChange(next === and ? { by: next, and: "" } : { by: next })}
        />
      </span>
      <span className="flex items-center gap-2">
        <span aria-hidden className="text-muted">
          then by
        </span>
        <DimensionChoice
          label="Then by"
          value={and}
          known={GROUPINGS.filter((each) => each !== by)}
          tags={tags.filter((key) => `tag.${key}` !== by)}
          none="nothing more"
          onChange={(next) => onChange({ and: next })}
        />
      </span>
      <label htmlFor={id} className="flex min-h-8 items-center gap-2">
        <input
          id={id}
          type="checkbox"
          className="size-4 accent-accent"
          checked={compare && comparable}
          disabled={!comparable}
          onChange={({ target }) => onChange({ compare: target.checked })}
        />
        Compare with the time before
      </label>
    </div>
  );
}
