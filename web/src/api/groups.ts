/** Spend by what it was spent on, with the calls told whose cost is not known: no sum has them. */
import { Problem, type LLMLabClient } from "@llmlab/client";
import type { Dimension } from "@/lib/dimensions";
import { compare, isZero, sum, type Money } from "@/lib/money";
import { readSummary, type CostsQuestion, type Group, type Summary } from "./costs";

export interface SpentOn {
  keys: Readonly<Record<string, string>>;
  spend: Money;
  events: number;
  tokens: number;
  /** Calls without a known cost; null where the answer would have been too long to tell. */
  unknown: number | null;
}

export interface Groups {
  dimensions: readonly Dimension[];
  rows: SpentOn[];
  summary: Summary;
}

export interface GroupsQuestion extends Omit<CostsQuestion, "groupBy"> {
  dimensions: readonly Dimension[];
}

const UNKNOWN: ReadonlySet<string> = new Set(["unpriced", "missing", "quarantined"]);
const STATUS = "price_status";

/** Read it, dearest first; for `useRead`. */
export async function readGroups(
  api: LLMLabClient,
  { dimensions, ...rest }: GroupsQuestion,
  signal: AbortSignal,
): Promise<{ data: Groups }> {
  const ask = async (groupBy: readonly Dimension[]) => {
    const { data } = await readSummary(api, { ...rest, groupBy }, signal);
    if (data === undefined) throw new Error("an answer without content");
    return { dimensions, rows: toRows(data.groups ?? [], dimensions), summary: data };
  };
  try {
    return { data: await ask([...new Set([...dimensions, STATUS])]) };
  } catch (error) {
    if (!hasCode(error, "too_many_groups")) throw error;
    return { data: await ask(dimensions) };
  }
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
 * others without a price does not make them cost nothing.
 */
export function knownSpend({ spend, unknown }: SpentOn): Money | null {
  return unknown !== null && unknown > 0 && isZero(spend) ? null : spend;
}

/** Say whether an answer was refused by a code of its own or of one of its fields. */
export function hasCode(error: unknown, code: string): boolean {
  return (
    error instanceof Problem &&
    (error.code === code || error.errors.some((each) => each.code === code))
  );
}
