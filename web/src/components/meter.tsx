import clsx from "clsx";

interface MeterProps {
  /** 1 is full; more than that is shown as over. */
  fraction: number;
  /** What it measures, for screen readers. */
  label: string;
  /** Marks on the bar, as fractions: thresholds. */
  marks?: readonly number[];
  tone?: "accent" | "good" | "warn" | "bad";
}

const LOOKS = { accent: "bg-accent", good: "bg-good", warn: "bg-warn", bad: "bg-bad" };

/** A bar that fills up. */
export function Meter({ fraction, label, marks = [], tone = "accent" }: MeterProps) {
  const shown = Math.min(Math.max(fraction, 0), 1);
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(Math.min(fraction, 1) * 100)}
      aria-valuetext={`${String(Math.round(fraction * 100))} %`}
      className="relative h-2 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={clsx("h-full rounded-full transition-[width]", LOOKS[tone])}
        style={{ width: `${String(shown * 100)}%` }}
      />
      {marks
        .filter((mark) => mark > 0 && mark < 1)
        .map((mark) => (
          <span
            key={mark}
            aria-hidden
            className="absolute inset-y-0 w-0.5 bg-surface"
            style={{ left: `${String(mark * 100)}%` }}
          />
        ))}
    </div>
  );
}
