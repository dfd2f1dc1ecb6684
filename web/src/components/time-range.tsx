import { CalendarDays, ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { allZones, isZone } from "@/lib/times";
import {
  daysOf,
  nameOf,
  nameOfDays,
  PRESETS,
  readRange,
  writeRange,
  type Preset,
  type Range,
} from "@/lib/ranges";
import { Button } from "./ui/button";
import { inputLook } from "./ui/field";
import { Popover } from "./ui/popover";

interface TimeRangeProps {
  range: Range;
  onRange: (range: Range) => void;
  zone: string;
  /** Absent where the zone is the workspace's and stays it. */
  onZone?: (zone: string) => void;
  presets?: readonly Preset[];
}

const USUAL: readonly Preset[] = [
  "today",
  "yesterday",
  "7d",
  "30d",
  "90d",
  "month",
  "last-month",
  "quarter",
  "year",
  "all",
];

/** Chooses days: by a name, or the first and the last of them; and whose days they are. */
export function TimeRange({ range, onRange, zone, onZone, presets = USUAL }: TimeRangeProps) {
  const [open, setOpen] = useState(false);
  const choose = (next: Range) => {
    onRange(next);
    setOpen(false);
  };
  const days = daysOf(range, zone);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label="Time"
      className="w-80"
      trigger={
        <Button aria-label={`Time: ${nameOf(range)}`}>
          <CalendarDays aria-hidden />
          {nameOf(range)}
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      <div className="grid grid-cols-2 gap-1">
        {presets.map((preset) => (
          <Button
            key={preset}
            tone={range === preset ? "primary" : "quiet"}
            size="small"
            aria-pressed={range === preset}
            className="justify-start"
            onClick={() => choose(preset)}
          >
            {PRESETS[preset]}
          </Button>
        ))}
      </div>
      <OwnDays key={writeRange(days)} shown={writeRange(days)} onChoose={choose} />
      {onZone !== undefined && <Zone zone={zone} onZone={onZone} />}
      <p className="mt-3 text-xs text-muted">
        {nameOfDays(days)}, midnight to midnight in {zone}.
      </p>
    </Popover>
  );
}

function OwnDays({ shown, onChoose }: { shown: string; onChoose: (range: Range) => void }) {
  const id = useId();
  const [first = "", last = first] = shown.split("..");
  const [from, setFrom] = useState(first);
  const [to, setTo] = useState(last);
  const chosen = readRange(`${from}..${to}`);
  return (
    <form
      className="mt-3 grid grid-cols-2 gap-2 border-t border-line pt-3"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        if (chosen !== null) onChoose(chosen);
      }}
    >
      <label className="grid gap-1 text-xs">
        First day
        <input
          type="date"
          className={inputLook}
          value={from}
          onChange={(e) => setFrom(e.target.value)}
        />
      </label>
      <label className="grid gap-1 text-xs">
        Last day
        <input
          type="date"
          className={inputLook}
          value={to}
          aria-invalid={chosen === null}
          aria-describedby={chosen === null ? id : undefined}
          onChange={(e) => setTo(e.target.value)}
        />
      </label>
      {chosen === null && (
        <p id={id} role="alert" className="col-span-2 text-xs text-bad">
          The last day is not before the first, and neither before 2020.
        </p>
      )}
      <Button type="submit" size="small" className="col-span-2" disabled={chosen === null}>
        Show these days
      </Button>
    </form>
  );
}

function Zone({ zone, onZone }: { zone: string; onZone: (zone: string) => void }) {
  const id = useId();
  const [text, setText] = useState(zone);
  const [zones] = useState(allZones);
  return (
    <label className="mt-3 grid gap-1 border-t border-line pt-3 text-xs">
      Time zone
      <input
        className={inputLook}
        list={id}
        value={text}
        aria-invalid={!isZone(text)}
        onChange={({ target }) => {
          setText(target.value);
          if (isZone(target.value)) onZone(target.value);
        }}
      />
      <datalist id={id}>
        {zones.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
}
