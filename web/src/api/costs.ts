/** Questions about costs, as the API's URLs ask them. */
import type { LLMLabClient, Schemas } from "@llmlab/client";
import type { Filters } from "@/lib/dimensions";
import type { Days } from "@/lib/ranges";

export type Summary = Schemas["Summary"];
export type Group = Schemas["Group"];

export interface CostsQuestion {
  days: Days;
  zone: string;
  filters?: Filters;
  /** What to group by, `day` and `hour` among them. */
  groupBy?: readonly string[];
}

/** Return the query of a question. Tags are named by the workspace, so that no type can list them. */
export function queryOf({
  days,
  zone,
  filters = {},
  groupBy = [],
}: CostsQuestion): Record<string, never> {
  const query: Record<string, unknown> = { ...days, tz: zone, ...filters };
  if (groupBy.length > 0) query.group_by = groupBy.join(",");
  return query as Record<string, never>;
}

/** Read a summary; for `useRead`. */
export function readSummary(api: LLMLabClient, question: CostsQuestion, signal: AbortSignal) {
  return api.GET("/api/costs/summary", { params: { query: queryOf(question) }, signal });
}

/** Return how many calls are in no sum, because what they cost is not known. */
export function unknownIn({ counts }: Pick<Summary, "counts">): number {
  return counts.unpriced + counts.missing + counts.quarantined;
}

/** Return the address of a download of the calls that a question is about. */
export function exportAddress(
  workspace: number,
  format: "csv" | "focus" | "jsonl",
  { days, zone, filters = {} }: CostsQuestion,
): string {
  const parameters = new URLSearchParams({ format, from: days.from, to: days.to, tz: zone });
  for (const [name, values] of Object.entries(filters)) {
    for (const value of values) parameters.append(name, value);
  }
  parameters.append("workspace", String(workspace));
  return `/api/costs/export?${parameters.toString()}`;
}
