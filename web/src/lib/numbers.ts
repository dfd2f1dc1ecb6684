/** Counts, shares and sizes as people read them. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** Show a count: `8,204`. */
export function count(number: number): string {
  return whole.format(number);
}

/** Show a count in little room: `1.2M`, and exactly below ten thousand. */
export function short(number: number): string {
  return Math.abs(number) < 10_000 ? whole.format(number) : compact.format(number);
}

/** Show a fraction as a percentage: `82%`, `0.4%`, `<0.1%`. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  const size = Math.abs(value);
  if (size > 0 && size < 0.1) return value < 0 ? "−<0.1%" : "<0.1%";
  const text = size < 10 && !Number.isInteger(value) ? size.toFixed(1) : whole.format(size);
  return `${value < 0 ? "−" : ""}${text}%`;
}

/** Show a change as a percentage with its sign: `+12%`. */
export function change(fraction: number): string {
  return fraction > 0 ? `+${percent(fraction)}` : percent(fraction);
}

/** Say how many of something: `1 call`, `8,204 calls`. */
export function many(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}

/** Show a time span: `340 ms`, `1.2 s`, `3 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${whole.format(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : whole.format(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${whole.format(minutes)} min` : `${whole.format(minutes / 60)} h`;
}
