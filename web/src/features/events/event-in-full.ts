import type { Schemas } from "@llmlab/client";
import { useRead } from "@/api/use-read";

export type EventInFull = Schemas["CostEventInFull"];

/** One call in full, read again when what it costs may have changed. */
export function useEventInFull(id: string | null) {
  return useRead(
    ["event", id],
    (api, signal) => api.GET("/api/costs/{id}", { params: { path: { id: id ?? "" } }, signal }),
    { enabled: id !== null },
  );
}
