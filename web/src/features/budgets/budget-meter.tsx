import { Meter } from "@/components/meter";
import { Money } from "@/components/money";
import { share, toPosition } from "@/lib/money";
import { percent } from "@/lib/numbers";
import { toneOf } from "./thresholds";

interface BudgetMeterProps {
  spent: string;
  amount: string;
  thresholds: readonly string[];
  /** What it measures, for screen readers. */
  label: string;
}

/** How much of an amount is spent: in figures, and as a bar with the thresholds on it. */
export function BudgetMeter({ spent, amount, thresholds, label }: BudgetMeterProps) {
  const fraction = share(spent, amount) ?? 0;
  return (
    <div className="grid min-w-0 gap-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span>
          <Money amount={spent} className="font-medium" />
          <span className="text-muted">
            {" of "}
            <Money amount={amount} />
          </span>
        </span>
        <span className="figures text-muted">{percent(fraction)}</span>
      </div>
      <Meter
        fraction={fraction}
        label={label}
        marks={thresholds.map(toPosition)}
        tone={toneOf(fraction, thresholds)}
      />
    </div>
  );
}
