/** What the recommendations' screen reads and does. */
import type { Schemas } from "@llmlab/client";
import { useRead } from "@/api/use-read";

export type Recommendation = Schemas["Recommendation"];
export type Report = Schemas["Recommendations"];
export type State = Recommendation["state"];

// More than any workspace has: rules speak of its dearest things alone.
const MOST = 1000;

/** Read the recommendations of a state, the surest and largest first. */
export function useReport(state: State) {
  return useRead(
    ["recommendations", state],
    (api, signal) =>
      api.GET("/api/recommendations", {
        params: { query: { state: [state], limit: MOST } },
        signal,
      }),
    { staleMs: 60_000, keep: false },
  );
}
