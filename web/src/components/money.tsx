import clsx from "clsx";
import { format, formatSigned, type Money as Amount } from "@/lib/money";

interface MoneyProps {
  /** Null is not known, which is not nothing. */
  amount: Amount | null;
  /** Fixed for columns: see `placesFor`. */
  places?: number;
  signed?: boolean;
  className?: string;
}

/** An amount in USD; the exact one is its title. */
export function Money({ amount, places, signed = false, className }: MoneyProps) {
  if (amount === null) {
    return (
      <span className={clsx("text-muted", className)} title="not known">
        <span aria-hidden>–</span>
        <span className="sr-only">not known</span>
      </span>
    );
  }
  return (
    <span className={clsx("figures whitespace-nowrap", className)} title={`$${amount}`}>
      {signed ? formatSigned(amount, places) : format(amount, places)}
    </span>
  );
}
