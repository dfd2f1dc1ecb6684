import { useState } from "react";
import { useLive, useLiveEvents } from "@/api/live";
import { useRead } from "@/api/use-read";

/** The newest call that LLMLab knows of here, as much as the guide tells of it. */
export interface Arrived {
  id: string;
  timestamp: string;
  provider: string;
  model: string;
  cost: string | null;
  priceStatus: string;
}

const EVERY_MS = 3_000;

/**
 * Wait for the workspace's first call. The live stream tells of it as it is stored; while that does not stand,
 * it is asked for.
 */
export function useFirstEvent(): { known: boolean; arrived: Arrived | null; fresh: boolean } {
  const { state } = useLive();
  const [heard, setHeard] = useState<Arrived | null>(null);
  const live = state.kind === "live";
  const latest = useRead(
    // Once more when the stream stands: it does not tell what came before it.
    ["latest-event", live],
    (api, signal) => api.GET("/api/costs", { params: { query: { limit: 1 } }, signal }),
    {
      every: (last) => (live || (last?.costs.length ?? 0) > 0 ? false : EVERY_MS),
      staleMs: 0,
    },
  );
  useLiveEvents(({ id, timestamp, provider, model, cost, price_status: priceStatus }) =>
    setHeard({ id, timestamp, provider, model, cost, priceStatus }),
  );
  const stored = latest.data?.costs[0];
  const arrived =
    heard ?? (stored === undefined ? null : { ...stored, priceStatus: stored.price_status });
  return { known: latest.data !== undefined || heard !== null, arrived, fresh: heard !== null };
}
