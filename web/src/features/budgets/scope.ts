/** What a budget counts: the wire's scope as dimensions with one value each, in words, and as filters. */
import type { Schemas } from "@llmlab/client";
import { inWords, tagDimension, type Dimension, type Filters } from "@/lib/dimensions";

export type Each = NonNullable<Schemas["Budget"]["each"]>;
export type Period = Schemas["Budget"]["period"];

/** One value for each dimension that is named; none is all of the workspace's spend. */
export type Scope = Readonly<Record<Dimension, string>>;

/** What a budget can be narrowed to, beside declared tags. */
export const SCOPE_DIMENSIONS: readonly Dimension[] = [
  "feature",
  "model",
  "provider",
  "customer",
  "user",
  "team",
  "project",
  "environment",
  "api_key",
];

export const EACH: readonly Each[] = ["user", "team", "customer", "project", "api_key"];

const TAG = tagDimension("");

/** Read the scope of an answer. */
export function readScope(wire: Readonly<Record<string, unknown>>): Scope {
  const scope: Record<Dimension, string> = {};
  for (const [name, value] of Object.entries(wire)) {
    if (name === "tag") {
      for (const [key, held] of Object.entries(value as Record<string, string>)) {
        scope[tagDimension(key)] = held;
      }
    } else scope[name] = String(value);
  }
  return scope;
}

/** Write a scope as requests have it. */
export function writeScope(scope: Scope): Record<string, string> & {
  tag?: Record<string, string>;
} {
  const plain: Record<string, string> = {};
  const tag: Record<string, string> = {};
  for (const [dimension, value] of Object.entries(scope)) {
    if (dimension.startsWith(TAG)) tag[dimension.slice(TAG.length)] = value;
    else plain[dimension] = value;
  }
  return (Object.keys(tag).length > 0 ? { ...plain, tag } : plain) as ReturnType<typeof writeScope>;
}

/** Return the filters that show the calls of a scope. */
export function filtersOf(scope: Scope): Filters {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, [value]]));
}

/** Name the things that a budget for each is for: `every user`. */
export function everyOne(each: Each): string {
  return `every ${inWords(each)}`;
}

interface Place {
  scope: Scope;
  each: Each | null;
  period: Period;
  month: string | null;
}

/** Say whether two budgets count the same, so that saving one would change the other. */
export function samePlace(one: Place, other: Place): boolean {
  const names = Object.keys(one.scope);
  return (
    one.each === other.each &&
    one.period === other.period &&
    one.month === other.month &&
    names.length === Object.keys(other.scope).length &&
    names.every((name) => one.scope[name] === other.scope[name])
  );
}
