/** Spend by what it was spent on, with the calls told whose cost is not known: no sum has them. */
import { Problem, type LLMLabClient, type Schemas } from "@llmlab/client";
import type { Dimension } from "@/lib/dimensions";
import { compare, isZero, sum, type Money } from "@/lib/money";
import { readSummary, unknownIn, type CostsQuestion, type Group, type Summary } from "./costs";

export interface SpentOn {
  keys: Readonly<Record<string, string>>;
  spend: Money;
  events: number;
  /** Null where it is not told: see `Groups.cut`. */
  tokens: number | null;
  /** Calls without a known cost; null where the answer would have been too long to tell. */
  unknown: number | null;
}

export interface Groups {
  dimensions: readonly Dimension[];
  rows: SpentOn[];
  /** All calls, whatever rows there are. */
  summary: Summary;
  /** There are more rows than any answer may have: these are the dearest. */
  cut: boolean;
}

export interface GroupsQuestion extends Omit<CostsQuestion, "groupBy"> {
  dimensions: readonly Dimension[];
}

const UNKNOWN: ReadonlySet<string> = new Set(["unpriced", "missing", "quarantined"]);
const STATUS = "price_status";
// As many as the API lists.
const MOST_VALUES = 1_000;

/** Read it, dearest first; for `useRead`. */
export async function readGroups(
  api: LLMLabClient,
  { dimensions, ...rest }: GroupsQuestion,
  signal: AbortSignal,
): Promise<{ data: Groups }> {
  try {
    const groupBy = [...new Set([...dimensions, STATUS])];
    const summary = await ask(api, { ...rest, groupBy }, signal);
    const rows = toRows(summary.groups ?? [], dimensions);
    return { data: { dimensions, rows, summary, cut: false } };
  } catch (error) {
    if (!hasCode(error, "too_many_groups")) throw error;
    return { data: await readDearest(api, { dimensions, ...rest }, signal) };
  }
}

/** Read the groups without telling their unknown costs, and no more than the dearest where all are too many. */
export async function readDearest(
  api: LLMLabClient,
  { dimensions, ...rest }: GroupsQuestion,
  signal: AbortSignal,
): Promise<Groups> {
  try {
    const summary = await ask(api, { ...rest, groupBy: dimensions }, signal);
    const rows = untold(toRows(summary.groups ?? [], dimensions), summary);
    return { dimensions, rows, summary, cut: false };
  } catch (error) {
    const [dimension, second] = dimensions;
    const filtered = Object.keys(rest.filters ?? {}).length > 0;
    if (!hasCode(error, "too_many_groups")) throw error;
    if (dimension === undefined || second !== undefined || filtered) throw error;
    const [summary, values] = await Promise.all([
      ask(api, rest, signal),
      readValues(api, dimension, rest, signal),
    ]);
    // Values are those of whole days of the workspace: of other times they would be wrong.
    if (!isSameTime(summary, values)) throw error;
    const rows = values.values.map(({ value, spend, events }) => ({
      keys: { [dimension]: value },
      spend,
      events,
      tokens: null,
      unknown: null,
    }));
    return { dimensions, rows: untold(rows, summary), summary, cut: true };
  }
}

async function ask(
  api: LLMLabClient,
  question: CostsQuestion,
  signal: AbortSignal,
): Promise<Summary> {
  const { data } = await readSummary(api, question, signal);
  if (data === undefined) throw new Error("an answer without content");
  return data;
}

async function readValues(
  api: LLMLabClient,
  dimension: Dimension,
  { days, zone }: Pick<GroupsQuestion, "days" | "zone">,
  signal: AbortSignal,
): Promise<Schemas["DimensionValues"]> {
  const query = { dimension, ...days, tz: zone, limit: MOST_VALUES };
  const { data } = await api.GET("/api/costs/values", { params: { query }, signal });
  if (data === undefined) throw new Error("an answer without content");
  return data;
}

interface Time {
  from: string;
  to: string;
}

function isSameTime(one: Time, other: Time): boolean {
  return (
    Date.parse(one.from) === Date.parse(other.from) && Date.parse(one.to) === Date.parse(other.to)
  );
}

/** Return rows that do not tell what is not known of them: where every cost is known, that is nothing. */
function untold(rows: readonly SpentOn[], summary: Summary): SpentOn[] {
  const unknown = unknownIn(summary) === 0 ? 0 : null;
  return rows.map((row) => ({ ...row, unknown }));
}

/** Add groups up that differ in nothing but their price status. */
export function toRows(groups: readonly Group[], dimensions: readonly Dimension[]): SpentOn[] {
  const rows = new Map<string, Group[]>();
  for (const group of groups) {
    const name = nameOfKeys(group.keys, dimensions);
    const same = rows.get(name);
    if (same === undefined) rows.set(name, [group]);
    else same.push(group);
  }
  return [...rows.values()]
    .map((same): SpentOn => {
      const told = same.every(({ keys }) => STATUS in keys);
      const doubtful = same.filter(({ keys }) => UNKNOWN.has(keys[STATUS] ?? ""));
      return {
        keys: Object.fromEntries(dimensions.map((each) => [each, same[0]?.keys[each] ?? ""])),
        spend: sum(same.map(({ spend }) => spend)),
        events: total(same, "events"),
        tokens: total(same, "tokens"),
        unknown: told ? total(doubtful, "events") : null,
      };
    })
    .sort((one, other) => compare(other.spend, one.spend) || other.events - one.events);
}

function total(groups: readonly Group[], of: "events" | "tokens"): number {
  return groups.reduce((sofar, group) => sofar + group[of], 0);
}

/** Return one name for the values of a group, to know it again by. */
export function nameOfKeys(
  keys: Readonly<Record<string, string>>,
  dimensions: readonly Dimension[],
): string {
  return JSON.stringify(dimensions.map((dimension) => keys[dimension] ?? ""));
}

/**
 * Return the spend of a group, or null where nothing of it is known: a failed call that cost nothing beside
 * others without a price does not make them cost nothing. Nothing, of which is not told whether it is all,
 * is not known either.
 */
export function knownSpend({ spend, unknown }: Pick<SpentOn, "spend" | "unknown">): Money | null {
  return unknown !== 0 && isZero(spend) ? null : spend;
}

/** Return the spend of all calls of a summary, or null where nothing of it is known. */
export function knownTotal(summary: Pick<Summary, "total_spend" | "counts">): Money | null {
  return knownSpend({ spend: summary.total_spend, unknown: unknownIn(summary) });
}

/** Say whether an answer was refused by a code of its own or of one of its fields. */
export function hasCode(error: unknown, code: string): boolean {
  return (
    error instanceof Problem &&
    (error.code === code || error.errors.some((each) => each.code === code))
  );
}
