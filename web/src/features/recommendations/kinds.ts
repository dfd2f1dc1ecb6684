import type { Recommendation } from "./reads";

type Kind = Recommendation["kind"];

/** What each rule looks for, as people call it. */
export const KINDS: Readonly<Record<Kind, string>> = {
  switch_model: "Another model",
  newer_version: "Newer version",
  shorten_prompts: "Shorter prompts",
  try_provider: "Another provider",
  use_cache: "Use the cache",
  drop_cache: "Do without the cache",
  use_batch: "Batches",
  long_context: "Long inputs",
  failed_calls: "Failed calls",
  outlier: "Stands out",
};
