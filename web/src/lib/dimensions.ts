/** What spend is grouped and filtered by, under the API's names. */
export const DIMENSIONS = {
  provider: "Provider",
  model: "Model",
  feature: "Feature",
  customer: "Customer",
  user: "User",
  team: "Team",
  project: "Project",
  environment: "Environment",
  release: "Release",
  api_key: "API key",
  status: "Outcome",
  price_status: "Price status",
} as const;

const TAG = "tag.";

/** The value that all those have together which a busy day does not keep apart. */
export const OTHER = "(other)";
const LONGEST = 256;
const MOST_VALUES = 100;

/** A name of the API's: one of `DIMENSIONS`, or `tag.<key>`. */
export type Dimension = string;

/** Alternatives by dimension: calls that have one of the values of each. `""` stands for calls without any. */
export type Filters = Readonly<Record<Dimension, readonly string[]>>;

/** What `price_status` says, for people. */
export const PRICE_STATUS: Readonly<Record<string, string>> = {
  priced: "Priced by the list",
  reported: "Reported by the provider",
  estimated: "Estimated",
  unpriced: "No price known",
  missing: "No usage reported",
  quarantined: "Usage contradicts itself",
  free: "Free",
};

export const STATUS: Readonly<Record<string, string>> = {
  ok: "Succeeded",
  error: "Failed",
  aborted: "Broken off",
};

export function isDimension(name: string): boolean {
  if (Object.hasOwn(DIMENSIONS, name)) return true;
  return name.startsWith(TAG) && name.length > TAG.length && name.length <= TAG.length + LONGEST;
}

/** Return the dimension's name for people: `Feature`, `Tag tier`. */
export function nameOf(dimension: Dimension): string {
  if (Object.hasOwn(DIMENSIONS, dimension)) return DIMENSIONS[dimension as keyof typeof DIMENSIONS];
  return dimension.startsWith(TAG) ? `Tag ${dimension.slice(TAG.length)}` : dimension;
}

/** Return the name as it stands within a sentence: `feature`, `API key`. */
export function inWords(dimension: Dimension): string {
  const name = nameOf(dimension);
  return /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
}

/** Return the dimension of a declared tag. */
export function tagDimension(key: string): Dimension {
  return TAG + key;
}

/** Return a value as people read it: what is absent and what was folded have names of their own. */
export function valueOf(dimension: Dimension, value: string): string {
  if (value === "") return `no ${inWords(dimension)}`;
  if (dimension === "price_status") return PRICE_STATUS[value] ?? value;
  if (dimension === "status") return STATUS[value] ?? value;
  return value;
}

/** Read the filters in a query; `misread` names those that no API would take. */
export function readFilters(parameters: URLSearchParams): { filters: Filters; misread: string[] } {
  const filters: Record<string, string[]> = {};
  const misread = new Set<string>();
  for (const [name, value] of parameters) {
    if (!isDimension(name)) continue;
    if (value.length > LONGEST || value.includes("\0") || !isValue(name, value)) {
      misread.add(name);
      continue;
    }
    const values = (filters[name] ??= []);
    if (values.length < MOST_VALUES && !values.includes(value)) values.push(value);
    else if (values.length >= MOST_VALUES) misread.add(name);
  }
  return { filters, misread: [...misread] };
}

function isValue(dimension: Dimension, value: string): boolean {
  if (dimension === "status") return Object.hasOwn(STATUS, value);
  if (dimension === "price_status") return Object.hasOwn(PRICE_STATUS, value);
  return dimension !== "api_key" || /^\d{1,18}$/.test(value);
}

/** Return the query with these filters in place of those that it has. */
export function writeFilters(current: URLSearchParams, filters: Filters): URLSearchParams {
  const next = new URLSearchParams();
  for (const [name, value] of current) if (!isDimension(name)) next.append(name, value);
  for (const [name, values] of Object.entries(filters)) {
    for (const value of values) next.append(name, value);
  }
  return next;
}

/** Return filters with one dimension's values replaced; none takes the dimension out. */
export function withFilter(
  filters: Filters,
  dimension: Dimension,
  values: readonly string[],
): Filters {
  const rest = Object.entries(filters).filter(([name]) => name !== dimension);
  return Object.fromEntries(values.length > 0 ? [...rest, [dimension, values]] : rest);
}
