/** The figures that advice rests on: named, told apart by what they are, and laid out as tables. */
import { CLASS_NAMES, type TokenClass } from "@/lib/token-classes";

export type Shown =
  | { is: "money"; amount: string }
  | { is: "share"; fraction: number }
  | { is: "count"; count: number }
  | { is: "text"; text: string };

export interface Fact {
  name: string;
  shown: Shown;
}

export interface Table {
  name: string;
  columns: string[];
  rows: Shown[][];
}

export interface Evidence {
  facts: Fact[];
  tables: Table[];
  /** The API's request that shows the calls; null where there is none. */
  events: string | null;
}

const NAMES: Readonly<Record<string, string>> = {
  provider: "Provider",
  model: "Model",
  to: "Alternative",
  family: "Model family",
  feature: "Feature",
  environment: "Environment",
  dimension: "Of which",
  value: "Which one",
  calls: "Calls",
  calls_that_stay: "Calls the alternative has no price for",
  spend: "Spend in 30 days",
  share_of_spend: "Share of all spend",
  cost_on_alternative: "The same tokens on the alternative",
  saving_month: "Saving a month",
  closeness: "How likely it does the work as well",
  tokens: "Tokens",
  alternatives: "Alternatives",
  models: "Models",
  tokens_per_call: "Tokens a call",
  reference_tokens_per_call: "Reference, tokens a call",
  tokens_above: "Tokens above the reference",
  cache_write_tokens: "Tokens written to the cache",
  cache_read_tokens: "Tokens read from the cache",
  cost_without_cache: "Cost without the cache",
  errors: "Calls with an error",
  error_spend: "Spent on errors",
  made_again: "Made again within a minute",
  made_again_spend: "Spent on those",
  aborted: "Broken off",
  aborted_spend: "Spent on broken-off calls",
  threshold: "Dearer from, input tokens",
  input_tokens_per_call: "Input tokens a call",
  calls_above: "Calls above the threshold",
  calls_in_crowds: "Calls made in crowds",
  spend_in_crowds: "Spent on calls in crowds",
  spend_in_crowds_by_night: "Spent on crowds by night",
  calls_with_user_or_session: "Calls that name a user or session",
  batch_saves_share: "What a batch saves",
  seen_in: "Seen in",
  repeated_tokens: "Tokens that repeat",
  cost_per_call: "Cost a call",
  peers: "Peers",
  peers_median_cost_per_call: "Median of the peers, a call",
  peers_dearest_tenth_cost_per_call: "Dearest tenth of the peers, a call",
  weeks: "Cost a call, week by week",
  week_calls: "Calls, week by week",
  low: "at least",
  likely: "likely",
  high: "at most",
};

const SHARES = new Set(["share_of_spend", "batch_saves_share", "closeness"]);
const MONEY = /(^|_)(spend|cost)(_|$)|^saving_month$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Lay out evidence; what has no name here is shown under its own. */
export function readEvidence(evidence: Readonly<Record<string, unknown>>): Evidence {
  const facts: Fact[] = [];
  const tables: Table[] = [];
  for (const [key, value] of Object.entries(evidence)) {
    if (key === "events" || value === null || value === undefined) continue;
    if (Array.isArray(value)) {
      if (value.length > 0) tables.push(tableOf(key, value));
    } else if (typeof value === "object") {
      tables.push(classesOf(key, value as Record<string, unknown>));
    } else {
      facts.push({ name: nameOf(key), shown: shown(key, value) });
    }
  }
  const { events } = evidence;
  return { facts, tables, events: typeof events === "string" ? events : null };
}

function tableOf(key: string, values: readonly unknown[]): Table {
  const [first] = values;
  if (typeof first !== "object" || first === null) {
    const rows = values.map((value, place) => [
      { is: "text", text: String(place + 1) } as const,
      shown(key === "weeks" ? "cost_per_call" : key, value),
    ]);
    return { name: nameOf(key), columns: ["Week", nameOf(key)], rows };
  }
  const keys = Object.keys(first);
  return {
    name: nameOf(key),
    columns: keys.map(nameOf),
    rows: (values as Record<string, unknown>[]).map((row) =>
      keys.map((column) => shown(column, row[column])),
    ),
  };
}

function classesOf(key: string, values: Readonly<Record<string, unknown>>): Table {
  return {
    name: nameOf(key),
    columns: [key === "tokens" ? "Class" : "", "Tokens"],
    rows: Object.entries(values)
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => [
        { is: "text", text: key === "tokens" ? classOf(name) : nameOf(name) },
        shown("count", value),
      ]),
  };
}

function shown(key: string, value: unknown): Shown {
  if (typeof value === "number") return { is: "count", count: value };
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (!DECIMAL.test(text)) return { is: "text", text };
  if (SHARES.has(key)) return { is: "share", fraction: Number(text) };
  if (MONEY.test(key)) return { is: "money", amount: text };
  return { is: "text", text };
}

function classOf(name: string): string {
  return Object.hasOwn(CLASS_NAMES, name) ? CLASS_NAMES[name as TokenClass] : nameOf(name);
}

function nameOf(key: string): string {
  return NAMES[key] ?? key.replaceAll("_", " ");
}
