/** What the screen can be set to, as its URL says it. */
import { DIMENSIONS, isDimension, type Dimension, type Filters } from "@/lib/dimensions";
import { readRange, writeRange, type Range } from "@/lib/ranges";
import { isZone } from "@/lib/times";
import { choice, flag, parsed, text } from "@/lib/url-state";

export const TABS = ["spend", "sessions", "traces"] as const;
export type Tab = (typeof TABS)[number];

export const COLUMNS = [
  "first",
  "second",
  "spend",
  "share",
  "before",
  "difference",
  "change",
  "events",
  "tokens",
  "perCall",
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  descending: boolean;
}

export const GROUPINGS: readonly Dimension[] = Object.keys(DIMENSIONS);

export const FIELDS = {
  tab: choice<Tab>(TABS, "spend"),
  range: parsed<Range>("30d", readRange, writeRange),
  /** Empty: the workspace's. */
  tz: parsed<string>(
    "",
    (name) => (isZone(name) ? name : null),
    (name) => name,
  ),
  by: parsed<Dimension>("model", readDimension, (name) => name),
  /** The second grouping; empty: none. */
  and: parsed<Dimension>("", readDimension, (name) => name),
  compare: flag(false),
  unit: choice(["auto", "hour", "day", "month"], "auto"),
  kind: choice(["bars", "area"], "bars"),
  sort: parsed<Order>({ column: "spend", descending: true }, readOrder, writeOrder),
  /** The session or trace whose calls are shown. */
  open: text(),
};

/** Return what is grouped by: one dimension or two different ones. */
export function dimensionsOf({ by, and }: { by: Dimension; and: Dimension }): Dimension[] {
  return and === "" || and === by ? [by] : [by, and];
}

// In this order people ask where a cost comes from.
const NEXT: readonly Dimension[] = [
  "model",
  "feature",
  "customer",
  "user",
  "environment",
  "api_key",
];

/** Return what to group by when one value of a dimension was chosen: something not settled yet. */
export function nextGrouping(filters: Filters): Dimension {
  return NEXT.find((each) => (filters[each]?.length ?? 0) !== 1) ?? "model";
}

function readDimension(name: string): Dimension | null {
  return isDimension(name) ? name : null;
}

function readOrder(order: string): Order | null {
  const [name, direction, ...more] = order.split(".");
  const column = COLUMNS.find((each) => each === name);
  if (column === undefined || more.length > 0) return null;
  if (direction !== "asc" && direction !== "desc") return null;
  return { column, descending: direction === "desc" };
}

function writeOrder({ column, descending }: Order): string {
  return `${column}.${descending ? "desc" : "asc"}`;
}
