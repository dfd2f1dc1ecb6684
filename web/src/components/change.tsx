import { ArrowDown, ArrowUp, Minus } from "lucide-react";
import { compare, format, isZero, minus, share, type Money } from "@/lib/money";
import { percent } from "@/lib/numbers";

interface ChangeProps {
  now: Money;
  /** What it is compared with; null where there is nothing to compare with, or it is not known yet. */
  before: Money | null;
  /** When that was: "by this time yesterday". */
  when: string;
}

/** How an amount differs from an earlier one. */
export function Change({ now, before, when }: ChangeProps) {
  if (before === null) return null;
  if (isZero(before)) {
    return (
      <span className="text-muted">
        {isZero(now) ? `Nothing ${when} either` : `Nothing ${when}`}
      </span>
    );
  }
  const direction = compare(now, before);
  const Icon = direction > 0 ? ArrowUp : direction < 0 ? ArrowDown : Minus;
  const fraction = share(minus(now, before), before) ?? 0;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1 text-muted" title={format(before)}>
      <span className="figures inline-flex items-center gap-0.5 font-medium text-ink">
        <Icon aria-hidden className="size-3.5" />
        <span className="sr-only">
          {direction > 0 ? "up" : direction < 0 ? "down" : "no change,"}
        </span>
        {percent(Math.abs(fraction))}
      </span>
      on {format(before)} {when}
    </span>
  );
}
