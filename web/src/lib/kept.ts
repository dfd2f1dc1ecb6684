/** What the rollups keep together: the rest is counted call by call, as far as that is quick enough. */
import type { Dimension } from "./dimensions";

const BASE: ReadonlySet<Dimension> = new Set([
  "provider",
  "model",
  "api_key",
  "environment",
  "price_status",
]);
const BESIDE_OWN: ReadonlySet<Dimension> = new Set(["provider", "model", "price_status"]);

/** Say whether these are kept by quarter hours, so that any time of day can be told. */
export function isBase(dimensions: readonly Dimension[]): boolean {
  return dimensions.every((each) => BASE.has(each));
}

/** Say whether a question about whole days is answered without looking at single calls. */
export function isKept(dimensions: readonly Dimension[], ownZone: boolean): boolean {
  const others = [...new Set(dimensions)].filter((each) => !BASE.has(each));
  if (others.length === 0) return true;
  return (
    others.length === 1 &&
    others[0] !== "status" &&
    ownZone &&
    dimensions.every((each) => others.includes(each) || BESIDE_OWN.has(each))
  );
}
