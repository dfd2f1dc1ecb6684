/** Thresholds: parts of an amount on the wire, percentages for people. */
import Big from "big.js";
import { compare } from "@/lib/money";

/** The API's bounds. */
export const MOST_THRESHOLDS = 10;
const HIGHEST = 1000;
const DECIMALS = 2;
const FORM = /^\d{1,4}([.,]\d{1,2})?$/;

/** Show a threshold: `0.8` is `80 %`. */
export function asPercent(threshold: string): string {
  return `${percentOf(threshold)} %`;
}

/** Return the percentage of a threshold without its sign: `0.125` is `12.5`. */
export function percentOf(threshold: string): string {
  return new Big(threshold).times(100).toFixed();
}

/** Return the threshold of a percentage as somebody typed it, or what is wrong with it. */
export function readPercent(text: string): { threshold: string } | { problem: string } {
  const typed = text.trim().replace(/\s*%$/, "").replace(",", ".");
  if (!FORM.test(typed)) {
    return { problem: `A number such as 80, with at most ${DECIMALS} decimals.` };
  }
  const percent = new Big(typed);
  if (percent.lte(0) || percent.gt(HIGHEST)) {
    return { problem: `Above 0 and at most ${HIGHEST} %.` };
  }
  return { threshold: percent.div(100).toFixed() };
}

/** Return thresholds with one more, ascending and each once. */
export function withThreshold(thresholds: readonly string[], more: string): string[] {
  const others = thresholds.filter((each) => compare(each, more) !== 0);
  return [...others, more].sort(compare);
}

/** Return the tone of a meter: which of its thresholds a part has passed. */
export function toneOf(fraction: number, thresholds: readonly string[]): "accent" | "warn" | "bad" {
  if (fraction >= 1) return "bad";
  const warning = thresholds.map((each) => new Big(each).toNumber()).filter((each) => each >= 0.75);
  return fraction >= Math.min(...warning, 0.9) ? "warn" : "accent";
}
