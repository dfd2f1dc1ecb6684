/** The curve of a budget's period: what was spent until the end of each day (or hour), and what should be. */
import type { Schemas } from "@llmlab/client";
import Big from "big.js";
import { sum, toPosition, type Money } from "@/lib/money";
import { bucket as nameOfBucket } from "@/lib/times";
import { daysBetween } from "./periods";

type Trend = Schemas["Summary"]["trends"][number];
type DayAhead = Schemas["DayAhead"];

export interface Point {
  id: string;
  label: string;
  /** Spent until its end; null for what is still to come. */
  spent: Money | null;
  /** Positions for the picture alone. */
  curve: number | null;
  ideal: number;
  likely: number | null;
  range: [low: number, high: number] | null;
}

interface Asked {
  start: string;
  end: string;
  amount: Money;
  /** The day that it is; nothing is known of what comes after. */
  today: string;
  zone: string;
  trends: readonly Trend[];
  /** What will have been spent when each day ends, from today on. */
  ahead?: readonly DayAhead[];
}

/** Return the points of a period, a day each; of a period of one day, an hour each. */
export function toPoints(asked: Asked): Point[] {
  const { start, end, today, zone, trends, ahead = [] } = asked;
  const days = daysBetween(start, end);
  const hourly = days.length === 1;
  const ids = hourly ? trends.map(({ bucket }) => bucket) : days;
  const spend = new Map(trends.map((each) => [each.bucket, each.spend]));
  const coming = new Map(ahead.map((each) => [each.day, each]));
  const most = toPosition(asked.amount);
  let soFar: Money = "0";
  return ids.map((id, place) => {
    const past = hourly || id <= today;
    soFar = sum([soFar, spend.get(id) ?? "0"]);
    const told = coming.get(id);
    // The forecast begins where the curve ends.
    const joins = id === today && told !== undefined;
    return {
      id,
      label: nameOfBucket(id, zone),
      spent: past ? soFar : null,
      curve: past ? toPosition(soFar) : null,
      ideal: (most * (place + 1)) / ids.length,
      likely: joins ? toPosition(soFar) : told === undefined ? null : toPosition(told.likely),
      range: joins
        ? [toPosition(soFar), toPosition(soFar)]
        : told === undefined
          ? null
          : [toPosition(told.low), toPosition(told.high)],
    };
  });
}

/** Say in words what the curve shows. */
export function describe(points: readonly Point[], spent: string, amount: string): string {
  const last = points.findLast((point) => point.spent !== null);
  const until = last === undefined ? "" : ` until ${last.label}`;
  return `Spend of the period${until}: ${spent} of ${amount}, against an even course.`;
}

// New calls reach the two figures a moment apart.
const LATE = "0.99";

/** Say whether a curve lacks a part of what the budget counted, more than news on their way explain. */
export function lacksSome(drawn: Money, counted: Money): boolean {
  return new Big(drawn).lt(new Big(counted).times(LATE));
}
