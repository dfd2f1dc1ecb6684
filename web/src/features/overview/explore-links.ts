import type { Dimension, Filters } from "@/lib/dimensions";
import { writeFilters } from "@/lib/dimensions";
import { writeRange, type Range } from "@/lib/ranges";

/** Return the way to the explore screen, grouped and filtered, over the same time. */
export function exploreLink(
  workspace: number,
  range: Range,
  { by, filters = {} }: { by: Dimension; filters?: Filters },
): string {
  const parameters = new URLSearchParams({ range: writeRange(range), by });
  return `/w/${String(workspace)}/explore?${writeFilters(parameters, filters).toString()}`;
}

/** Return the way to one value of a dimension: what it consists of. */
export function valueLink(
  workspace: number,
  range: Range,
  dimension: Dimension,
  value: string,
): string {
  const by = dimension === "model" ? "feature" : "model";
  return exploreLink(workspace, range, { by, filters: { [dimension]: [value] } });
}
