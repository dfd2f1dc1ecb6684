/**
 * Spend over time by what it was spent on. One request where the answer is small enough; where a dimension
 * has too many values for that, the dearest are asked for by name and what is left is the rest.
 */
import type { LLMLabClient } from "@llmlab/client";
import type { Amounts } from "@/components/charts/series";
import type { Dimension, Filters } from "@/lib/dimensions";
import { compare, isZero, minus, sum, type Money } from "@/lib/money";
import { lengthOf } from "@/lib/ranges";
import { readSummary, type CostsQuestion, type Group, type Summary } from "./costs";
import { hasCode, nameOfKeys, readDearest, type SpentOn } from "./groups";

export type Unit = "hour" | "day" | "month";

export interface SpendOverTime {
  dimensions: readonly Dimension[];
  unit: Unit;
  /** The buckets' names, in their order. */
  buckets: string[];
  parts: Part[];
  /** What is not in any part: of values that were too many to be told apart. Null where nothing is. */
  rest: ReadonlyMap<string, Money> | null;
  /** The finer unit that could not be had, and why. */
  instead: string | null;
  summary: Summary;
}

export interface Part {
  keys: Readonly<Record<string, string>>;
  byBucket: ReadonlyMap<string, Money>;
  total: Money;
}

export interface OverTimeQuestion extends Omit<CostsQuestion, "groupBy"> {
  dimensions: readonly Dimension[];
  unit: Unit;
}

const MOST_NAMED = 8;
const HOURLY_DAYS = 2;
const DAILY_DAYS = 120;
const HOUR_MS = 3_600_000;

/** Return the unit that makes a picture of so many days readable. */
export function usualUnit(days: { from: string; to: string }): Unit {
  const length = lengthOf(days);
  if (length <= HOURLY_DAYS) return "hour";
  return length <= DAILY_DAYS ? "day" : "month";
}

/** Read it; for `useRead`. */
export async function readSpendOverTime(
  api: LLMLabClient,
  question: OverTimeQuestion,
  signal: AbortSignal,
): Promise<{ data: SpendOverTime }> {
  try {
    return { data: await readAll(api, question, signal) };
  } catch (error) {
    if (hasCode(error, "too_many_groups")) return { data: await readNamed(api, question, signal) };
    if (question.unit === "hour" && hasCode(error, "group_by_not_kept")) {
      const { data } = await readSpendOverTime(api, { ...question, unit: "day" }, signal);
      return { data: { ...data, instead: "hour" } };
    }
    throw error;
  }
}

async function readAll(
  api: LLMLabClient,
  { dimensions, unit, ...rest }: OverTimeQuestion,
  signal: AbortSignal,
): Promise<SpendOverTime> {
  const groupBy = [unit, ...dimensions];
  const { data } = await readSummary(api, { ...rest, groupBy }, signal);
  if (data === undefined) throw new Error("an answer without content");
  return shape(data, unit, dimensions, null, trendOf(data, unit));
}

async function readNamed(
  api: LLMLabClient,
  question: OverTimeQuestion,
  signal: AbortSignal,
): Promise<SpendOverTime> {
  const { dimensions, unit, ...rest } = question;
  const { rows, summary } = await readDearest(api, { ...rest, dimensions }, signal);
  const named = rows.slice(0, MOST_NAMED);
  const filters = narrowed(rest.filters ?? {}, dimensions, named);
  const [few, whole] = await Promise.all([
    readAll(api, { ...question, filters }, signal),
    readTrend(api, question, summary, signal),
  ]);
  const wanted = new Set(named.map(({ keys }) => nameOfKeys(keys, dimensions)));
  const parts = few.parts.filter(({ keys }) => wanted.has(nameOfKeys(keys, dimensions)));
  return shape(summary, unit, dimensions, parts, whole);
}

/** Return the spend of each bucket, asked for where a summary tells it by whole days only. */
async function readTrend(
  api: LLMLabClient,
  question: OverTimeQuestion,
  summary: Summary,
  signal: AbortSignal,
): Promise<Map<string, Money>> {
  const told = trendOf(summary, question.unit);
  if (told.size > 0 || summary.trends.length === 0) return told;
  const { parts } = await readAll(api, { ...question, dimensions: [] }, signal);
  return new Map(parts[0]?.byBucket);
}

/** Return filters that let through no more than these groups (and pairs of their values). */
function narrowed(
  filters: Filters,
  dimensions: readonly Dimension[],
  groups: readonly SpentOn[],
): Filters {
  const values = dimensions.map((dimension): [Dimension, string[]] => [
    dimension,
    [...new Set(groups.map(({ keys }) => keys[dimension] ?? ""))],
  ]);
  return { ...filters, ...Object.fromEntries(values) };
}

function shape(
  summary: Summary,
  unit: Unit,
  dimensions: readonly Dimension[],
  named: Part[] | null,
  whole: ReadonlyMap<string, Money>,
): SpendOverTime {
  const parts = named ?? toParts(summary.groups ?? [], unit, dimensions);
  let buckets = [...whole.keys()];
  if (buckets.length === 0) {
    buckets.push(...new Set(parts.flatMap((part) => [...part.byBucket.keys()])));
    buckets.sort((one, other) => Date.parse(one) - Date.parse(other));
  }
  if (unit === "hour") buckets = everyHour(buckets, summary);
  const rest = named === null ? null : restOf(buckets, whole, named);
  return { dimensions, unit, buckets, parts, rest, instead: null, summary };
}

/** Return the hours of a time with those in which nothing was spent, which groups leave out: an axis is even. */
function everyHour(known: readonly string[], { from, to }: Summary): string[] {
  const hours = new Map(known.map((name) => [Date.parse(name), name]));
  for (let hour = Date.parse(from); hour < Date.parse(to); hour += HOUR_MS) {
    if (!hours.has(hour)) hours.set(hour, new Date(hour).toISOString());
  }
  return [...hours].sort(([one], [other]) => one - other).map(([, name]) => name);
}

/** Return the spend of each bucket; nothing where the trend is not fine enough for the unit. */
function trendOf(summary: Summary, unit: Unit): Map<string, Money> {
  const trend = new Map<string, Money>();
  for (const { bucket, spend } of summary.trends) {
    const hourly = bucket.includes("T");
    if (unit === "hour" && !hourly) return new Map();
    const name =
      unit === "month" ? bucket.slice(0, 7) : unit === "day" ? bucket.slice(0, 10) : bucket;
    trend.set(name, sum([trend.get(name) ?? "0", spend]));
  }
  return trend;
}

/** Put the groups of (time, dimensions) together by dimensions, dearest first. */
function toParts(groups: readonly Group[], unit: Unit, dimensions: readonly Dimension[]): Part[] {
  const parts = new Map<string, { keys: Record<string, string>; byBucket: Map<string, Money> }>();
  for (const { keys: all, spend } of groups) {
    const { [unit]: bucket = "", ...keys } = all;
    const name = nameOfKeys(keys, dimensions);
    let part = parts.get(name);
    if (part === undefined) parts.set(name, (part = { keys, byBucket: new Map<string, Money>() }));
    part.byBucket.set(bucket, spend);
  }
  return [...parts.values()]
    .map((part) => ({ ...part, total: sum(part.byBucket.values()) }))
    .sort((one, other) => compare(other.total, one.total));
}

function restOf(
  buckets: readonly string[],
  whole: ReadonlyMap<string, Money>,
  parts: readonly Part[],
): Map<string, Money> | null {
  const rest = new Map<string, Money>();
  for (const bucket of buckets) {
    const known = sum(parts.map(({ byBucket }) => byBucket.get(bucket) ?? "0"));
    rest.set(bucket, minus(whole.get(bucket) ?? known, known));
  }
  return [...rest.values()].every(isZero) ? null : rest;
}

/** Return what a chart takes, with the names that people read. */
export function toAmounts(
  { dimensions, parts, rest }: SpendOverTime,
  nameOf: (dimension: Dimension, value: string) => string,
): Amounts[] {
  const amounts = parts.map(({ keys, byBucket }) => ({
    id: nameOfKeys(keys, dimensions),
    name: dimensions.map((dimension) => nameOf(dimension, keys[dimension] ?? "")).join(" · "),
    byBucket,
  }));
  if (rest !== null) amounts.push({ id: "(rest)", name: "All others", byBucket: new Map(rest) });
  return amounts;
}
