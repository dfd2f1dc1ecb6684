/** What charts are made of: amounts in buckets of time, one series a thing that spent. */
import { compare, sum, type Money } from "@/lib/money";
import { many } from "@/lib/numbers";

export interface Bucket {
  /** The API's name of it. */
  id: string;
  /** As people read it. */
  label: string;
}

export interface Series {
  id: string;
  name: string;
  /** An amount for each bucket, in their order. */
  amounts: readonly Money[];
  color: string;
}

export const MOST_SERIES = 8;
export const REST_COLOR = "var(--series-rest)";
const COLORS = 10;

/** Return the colour of the series at a place. */
export function colorAt(place: number): string {
  return `var(--series-${String((place % COLORS) + 1)})`;
}

export interface Amounts {
  id: string;
  name: string;
  byBucket: ReadonlyMap<string, Money>;
}

/** Return the dearest as series of their own and the others as one, each with an amount in every bucket. */
export function toSeries(
  buckets: readonly Bucket[],
  all: readonly Amounts[],
  most: number = MOST_SERIES,
): Series[] {
  const totals = all.map((each) => ({ each, total: sum(each.byBucket.values()) }));
  totals.sort((one, other) => compare(other.total, one.total));
  const dearest = totals.slice(0, most).map(({ each }) => each);
  const rest = totals.slice(most).map(({ each }) => each);
  const series = dearest.map((each, place) => ({
    id: each.id,
    name: each.name,
    amounts: buckets.map(({ id }) => each.byBucket.get(id) ?? "0"),
    color: colorAt(place),
  }));
  if (rest.length > 0) {
    series.push({
      id: "(rest)",
      name: many(rest.length, "other"),
      amounts: buckets.map(({ id }) => sum(rest.map(({ byBucket }) => byBucket.get(id) ?? "0"))),
      color: REST_COLOR,
    });
  }
  return series;
}
