import { toAmounts, type SpendOverTime } from "@/api/spend-over-time";
import type { Dimension } from "@/lib/dimensions";
import { bucket } from "@/lib/times";
import { MOST_SERIES, REST_COLOR, toSeries, type Bucket, type Series } from "./series";

/** Return what a chart or a table of spend over time shows, the empty time before the first spend left out. */
export function chartOf(
  spend: SpendOverTime,
  zone: string,
  nameOf: (dimension: Dimension, value: string) => string,
  most: number = MOST_SERIES,
): { buckets: Bucket[]; series: Series[] } {
  const amounts = toAmounts(spend, nameOf);
  const begun = spend.unit === "month" ? firstWithSpend(spend) : 0;
  const buckets = spend.buckets.slice(begun).map((id) => ({ id, label: bucket(id, zone) }));
  // What cost nothing (or nothing that is known) is no part of the picture.
  const named = amounts.filter(
    ({ id, byBucket }) => id !== "(rest)" && [...byBucket.values()].some((each) => each !== "0"),
  );
  const rest = amounts.find(({ id }) => id === "(rest)");
  const series = toSeries(buckets, named, most);
  if (rest !== undefined) {
    series.push({
      id: rest.id,
      name: rest.name,
      amounts: buckets.map(({ id }) => rest.byBucket.get(id) ?? "0"),
      color: REST_COLOR,
    });
  }
  return { buckets, series };
}

// "All time" begins long before anybody's first call.
function firstWithSpend({ buckets, parts, rest }: SpendOverTime): number {
  const maps = [...parts.map(({ byBucket }) => byBucket), ...(rest === null ? [] : [rest])];
  const first = buckets.findIndex((id) => maps.some((map) => (map.get(id) ?? "0") !== "0"));
  return Math.max(first, 0);
}
