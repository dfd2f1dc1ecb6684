/** What the screen asks, made of what its URL says. */
import type { Summary } from "@/api/costs";
import type { Dimension, Filters } from "@/lib/dimensions";
import { writeFilters } from "@/lib/dimensions";
import { before, beforeSoFar, writeRange, type Days, type Range } from "@/lib/ranges";
import { isBase, isKept } from "@/lib/kept";

export interface Question {
  range: Range;
  days: Days;
  zone: string;
  /** As the URL says it; empty: the workspace's. */
  tz: string;
  filters: Filters;
  dimensions: readonly Dimension[];
}

/** Return the days that it is compared with: up to the same time of day where that can be told. */
export function daysBefore({ range, days, zone, filters, dimensions }: Question): Days | null {
  return isBase([...dimensions, ...Object.keys(filters)])
    ? beforeSoFar(range, days, zone)
    : before(range, days);
}

/** Say whether the answer comes from what is kept, so that it can be asked for again with every call. */
export function isQuick({ filters, dimensions, zone }: Question, ownZone: string): boolean {
  return isKept([...dimensions, ...Object.keys(filters)], zone === ownZone);
}

/** Return the way to the calls of a group, a session or a trace. */
export function eventsLink(
  workspace: number,
  { range, tz, filters }: Question,
  keys: Readonly<Record<string, string>>,
): string {
  const parameters = new URLSearchParams({ range: writeRange(range) });
  if (tz !== "") parameters.set("tz", tz);
  const chosen = Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, [value]]));
  const query = writeFilters(parameters, { ...filters, ...chosen });
  return `/w/${String(workspace)}/events?${query.toString()}`;
}

/** Return the way to a model's price, or to the book where more than one provider may be meant. */
export function priceLink(workspace: number, provider: string | null, model: string): string {
  const prices = `/w/${String(workspace)}/prices`;
  if (provider === null) return `${prices}?${new URLSearchParams({ search: model }).toString()}`;
  return `${prices}/model?${new URLSearchParams({ provider, model }).toString()}`;
}

/** Return the only provider that a model was called at, or null. */
export function providerOf(summary: Summary, model: string): string | null {
  const providers = summary.by_model.filter((each) => each.model === model);
  return providers.length === 1 ? (providers[0]?.provider ?? null) : null;
}
