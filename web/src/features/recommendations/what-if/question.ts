/** What the what-if table is about, as its URL says and as the API asks it. */
import type { Filters } from "@/lib/dimensions";
import { readRange, writeRange, type Days, type Range } from "@/lib/ranges";
import { choice, parsed, type Field } from "@/lib/url-state";

export const MOST_TARGETS = 20;
const LONGEST = 256;
export const PROCESSINGS = ["as-it-was", "standard", "batch"] as const;
export type Processing = (typeof PROCESSINGS)[number];

/** `provider/model`, as the API names what calls are priced on; it takes several with commas. */
export function isTarget(name: string): boolean {
  return name.length <= LONGEST && /^[^/,\s][^/,]*\/[^,]*[^,\s]$/.test(name);
}

const targets: Field<readonly string[]> = {
  fallback: [],
  read: (values) => {
    const names = [...new Set(values.filter((value) => value !== ""))];
    return names.length <= MOST_TARGETS && names.every(isTarget) ? names : undefined;
  },
  write: (names) => [...names],
};

export const FIELDS = {
  on: targets,
  processing: choice(PROCESSINGS, "as-it-was"),
  range: parsed<Range>("30d", readRange, writeRange),
};

interface Question {
  on: readonly string[];
  processing: Processing;
  days: Days;
  zone: string;
  filters: Filters;
}

/** Return the API's query: there `model` is what calls are priced on, and `of_model` what they used. */
export function whatIfRequest({ on, processing, days, zone, filters }: Question) {
  const { model, ...others } = filters;
  const query: Record<string, unknown> = { ...others, ...days, tz: zone, model: on.join(",") };
  if (model !== undefined) query.of_model = model.join(",");
  if (processing !== "as-it-was") query.processing = processing;
  // Tags are named by the workspace, so that no type can list them.
  return query as Record<string, never> & { model: string };
}
