import clsx from "clsx";
import { format, formatSigned, placesWithin, type Money as Amount } from "@/lib/money";

interface MoneyProps {
  /** Null is not known, which is not nothing. */
  amount: Amount | null;
  /** Fixed for columns: see `placesFor`. */
  places?: number;
  /** The column's places, which a very small amount may go beyond: see `placesForLarge`. */
  within?: number;
  signed?: boolean;
  className?: string;
}

/** An amount in USD; the exact one is its title. */
export function Money({ amount, places: fixed, within, signed = false, className }: MoneyProps) {
  if (amount === null) {
    return (
      <span className={clsx("text-muted", className)} title="not known">
        <span aria-hidden>–</span>
        <span className="sr-only">not known</span>
      </span>
    );
  }
  const places = within === undefined ? fixed : placesWithin(amount, within);
  return (
    <span className={clsx("figures whitespace-nowrap", className)} title={`$${amount}`}>
      {signed ? formatSigned(amount, places) : format(amount, places)}
    </span>
  );
}
