/** What the overview can be set to, as its URL says it. */
import type { Dimension } from "@/lib/dimensions";
import { isDimension } from "@/lib/dimensions";
import { readRange, writeRange, type Range } from "@/lib/ranges";
import { choice, parsed } from "@/lib/url-state";

/** What the chart can be stacked by, beside the declared tags. */
export const STACKS: readonly Dimension[] = [
  "model",
  "provider",
  "feature",
  "customer",
  "user",
  "team",
  "project",
  "environment",
  "release",
  "api_key",
];

/** What the last of the top lists can be of, beside the declared tags. */
export const LAST_TOPS: readonly Dimension[] = [
  "user",
  "team",
  "project",
  "environment",
  "release",
  "api_key",
];

export const FIELDS = {
  range: parsed<Range>("30d", readRange, writeRange),
  stack: dimension("model", STACKS),
  top: dimension("user", LAST_TOPS),
  view: choice(["chart", "table"], "chart"),
};

function dimension(fallback: Dimension, known: readonly Dimension[]) {
  return parsed<Dimension>(
    fallback,
    (name) =>
      known.includes(name) || (name.startsWith("tag.") && isDimension(name)) ? name : null,
    (name) => name,
  );
}
