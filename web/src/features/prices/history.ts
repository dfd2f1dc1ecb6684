/** A model's prices over time, as steps of a chart. */
import type { Schemas } from "@llmlab/client";
import { toPosition, type Money } from "@/lib/money";
import { documentOf } from "@/lib/price-document";
import { CLASS_NAMES, TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";
import type { Layer } from "./use-price-pages";

export type PastPrice = Schemas["PastPrice"];

export interface Step {
  /** Milliseconds. */
  at: number;
  /** USD a million by class; what is not there has no rate then. */
  rates: Readonly<Partial<Record<TokenClass, Money>>>;
}

const RANKS: Readonly<Record<Layer, number>> = { catalogue: 1, override: 2, custom: 3 };

/** Return the versions that hold or held: neither replaced nor taken back. */
export function standing(prices: readonly PastPrice[]): PastPrice[] {
  return prices.filter(({ replaced, withdrawn }) => !replaced && !withdrawn);
}

/** Return the contexts of prices, the standard one first. */
export function contextsOf(prices: readonly PastPrice[]): string[] {
  return [...new Set(prices.map(({ context }) => context))].sort();
}

/**
 * Return what held from when on in one context, oldest first: at each time the layer that goes before the
 * others. Discounts state no rates of their own, and are left out.
 */
export function stepsOf(prices: readonly PastPrice[], context: string): Step[] {
  const of = standing(prices).filter(
    (price) => price.context === context && documentOf(price.rates).factor === undefined,
  );
  const starts = of.map(beginning);
  const ends = of.flatMap(({ valid_until: until }) => (until === null ? [] : [Date.parse(until)]));
  const times = [...new Set([...starts, ...ends])].sort((one, other) => one - other);
  const steps: Step[] = [];
  for (const at of times) {
    const holds = of
      .filter((price) => beginning(price) <= at && at < end(price))
      .sort((one, other) => RANKS[other.layer] - RANKS[one.layer] || other.id - one.id)[0];
    const rates = holds === undefined ? {} : (documentOf(holds.rates).tokens ?? {});
    if (JSON.stringify(steps.at(-1)?.rates) !== JSON.stringify(rates)) steps.push({ at, rates });
  }
  return steps;
}

/** Return the classes that any step has a rate of. */
export function classesOf(steps: readonly Step[]): TokenClass[] {
  return TOKEN_CLASSES.filter((name) => steps.some(({ rates }) => rates[name] !== undefined));
}

export interface Point {
  at: number;
  [name: string]: number | null;
}

/**
 * Return the points of a chart from the first step that lies in time until now. What always held begins a
 * year before whatever comes next.
 */
export function pointsOf(
  steps: readonly Step[],
  classes: readonly TokenClass[],
  now: number,
): Point[] {
  if (steps.length === 0) return [];
  const dated = steps.find(({ at }) => at > ALWAYS);
  const first = Math.max(steps[0]?.at ?? 0, (dated?.at ?? now) - YEAR_MS);
  const last = Math.max(now, steps.at(-1)?.at ?? 0);
  const point = (at: number, { rates }: Step): Point => ({
    at,
    ...Object.fromEntries(
      classes.map((name) => {
        const rate = rates[name];
        return [name, rate === undefined ? null : toPosition(rate)];
      }),
    ),
  });
  const points = steps.map((step) => point(Math.max(step.at, first), step));
  const end = steps.at(-1);
  return end === undefined ? points : [...points, point(last, end)];
}

/** Put a chart into words, for whoever does not see it. */
export function sayChart(steps: readonly Step[], classes: readonly TokenClass[]): string {
  const changes = Math.max(0, steps.length - 1);
  const names = classes.map((name) => CLASS_NAMES[name].toLowerCase()).join(", ");
  return `USD per million tokens over time: ${names}; ${String(changes)} ${changes === 1 ? "change" : "changes"}. The table below has them all.`;
}

// What has no beginning holds since before the first call there can be.
const ALWAYS = 0;
const YEAR_MS = 365 * 24 * 3600 * 1000;

function beginning({ valid_from: from }: PastPrice): number {
  return from === null ? ALWAYS : Date.parse(from);
}

function end({ valid_until: until }: PastPrice): number {
  return until === null ? Infinity : Date.parse(until);
}
