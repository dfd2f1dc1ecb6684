/**
 * Money comes and goes as decimal strings in USD. It is added and compared exactly (big.js), and becomes a
 * number only where a picture needs a position: `toPosition`.
 */
import Big from "big.js";

export type Money = string;

/** Return the exact sum. */
export function sum(amounts: Iterable<Money>): Money {
  let total = new Big(0);
  for (const amount of amounts) total = total.plus(amount);
  return plain(total);
}

export function minus(one: Money, other: Money): Money {
  return plain(new Big(one).minus(other));
}

/** Return below zero, zero or above it, as sorting wants it. */
export function compare(one: Money, other: Money): number {
  return new Big(one).cmp(other);
}

export function isZero(amount: Money): boolean {
  return new Big(amount).eq(0);
}

export function isNegative(amount: Money): boolean {
  return new Big(amount).lt(0);
}

/** Return what each of so many has of it, at twelve decimals; null where there is nobody. */
export function each(amount: Money, count: number): Money | null {
  return count === 0 ? null : plain(new Big(amount).div(count).round(12, Big.roundHalfEven));
}

/** Return part ÷ whole as a fraction for a bar or a percentage; null where the whole is nothing. */
export function share(part: Money, whole: Money): number | null {
  const divisor = new Big(whole);
  return divisor.eq(0) ? null : new Big(part).div(divisor).toNumber();
}

/** Return where an amount lies on an axis. Never to be added up or shown. */
export function toPosition(amount: Money): number {
  return new Big(amount).toNumber();
}

/** Return the amount of a position that was drawn between others, to be told as about so much. */
export function fromPosition(position: number): Money {
  return plain(new Big(position).round(12, Big.roundHalfEven));
}

/**
 * Show an amount: cents from a dollar on, and below that as many places as the first three digits that are
 * not zero need (`$0.000123`), so that what a call costs can be read. `places` fixes them, for columns.
 */
export function format(amount: Money, places?: number): string {
  const value = new Big(amount);
  const shown = places ?? placesOf(value);
  const rounded = value.round(shown, Big.roundHalfEven);
  const [whole = "0", all = ""] = rounded.abs().toFixed(shown).split(".");
  // Cents stay; zeros behind them say nothing.
  const fraction = places === undefined ? all.replace(/(?<=^\d\d\d*)0+$/, "") : all;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = rounded.lt(0) ? "−" : "";
  return `${sign}$${grouped}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Show an amount with its sign, as a difference is told: `+$3.10`, `−$0.20`, `±$0.00`. */
export function formatSigned(amount: Money, places?: number): string {
  const value = new Big(amount);
  if (value.eq(0)) return `±${format(amount, places)}`;
  return value.gt(0) ? `+${format(amount, places)}` : format(amount, places);
}

/** Show an amount in little room: `$12.4k`, `$3.2M`. */
export function formatShort(amount: Money): string {
  const value = new Big(amount);
  const size = value.abs();
  for (const [from, one, unit] of SIZES) {
    if (size.gte(from)) return `${value.lt(0) ? "−" : ""}$${size.div(one).toFixed(1)}${unit}`;
  }
  return format(amount);
}

/** Return how many places a column needs for its smallest amount to be readable. */
export function placesFor(amounts: Iterable<Money>): number {
  const all = [...amounts];
  const most = Math.max(2, ...all.map((amount) => placesOf(new Big(amount))));
  return placesUsed(all, Math.min(most, MOST_IN_COLUMNS));
}

/** Return how many places show every one of them to its last digit, two at least. */
export function exactPlaces(amounts: Iterable<Money>): number {
  let most = 2;
  for (const amount of amounts) most = Math.max(most, amount.split(".")[1]?.length ?? 0);
  return most;
}

/** Return how many places make the larger amounts of a column readable: for `placesWithin`. */
export function placesForLarge(amounts: Iterable<Money>): number {
  const all = [...amounts];
  let largest = new Big(0);
  for (const amount of all) {
    const size = new Big(amount).abs();
    if (size.gt(largest)) largest = size;
  }
  return placesUsed(all, Math.min(placesOf(largest.div(10)), MOST_PLACES));
}

/** Return the column's places, or undefined for an amount so small that it needs its own to be readable. */
export function placesWithin(amount: Money, places: number): number | undefined {
  const value = new Big(amount);
  return value.eq(0) || value.abs().gte(new Big(10).pow(1 - places)) ? places : undefined;
}

const SIZES: readonly [from: string, one: string, unit: string][] = [
  ["1e9", "1e9", "B"],
  ["1e6", "1e6", "M"],
  ["1e4", "1e3", "k"],
];
const SIGNIFICANT = 3;
const MOST_PLACES = 12;
const MOST_IN_COLUMNS = 6;

/** Return how many of so many places say something: zeros behind all of a column's figures say nothing. */
function placesUsed(amounts: readonly Money[], most: number): number {
  const rounded = amounts.map((amount) => new Big(amount).round(most, Big.roundHalfEven));
  const vanishes = rounded.some((value, place) => value.eq(0) && !isZero(amounts[place] ?? "0"));
  return vanishes ? most : Math.min(most, exactPlaces(rounded.map(plain)));
}

function placesOf(value: Big): number {
  if (value.eq(0) || value.abs().gte(1)) return 2;
  // big.js keeps the exponent of the first digit.
  return Math.max(2, Math.min(SIGNIFICANT - 1 - value.e, MOST_PLACES));
}

function plain(value: Big): Money {
  const text = value.toFixed();
  return text === "-0" ? "0" : text;
}
