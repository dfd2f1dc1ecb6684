import { useEffect, useState } from "react";
import { useDeed, useRead } from "@/api/use-read";
import { isPending, type Delivery } from "../deliveries";

const LOOK_MS = 1_000;
const RECENT = 20;
// A receiver may take some twenty seconds to be given up.
const PATIENCE_MS = 60_000;

export interface Test {
  send: () => void;
  busy: boolean;
  /** The test on its way; null before one was sent. */
  delivery: Delivery | null;
  /** It was followed long enough: the log goes on. */
  late: boolean;
  error: Error | null;
}

/** Send a test to a channel and follow it until it has arrived, or why it did not is known. */
export function useTest(channel: number): Test {
  const [sent, setSent] = useState<Delivery | null>(null);
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (sent === null) return;
    const timer = setTimeout(() => setWaited(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [sent]);
  const start = useDeed(
    (api) =>
      api.POST("/api/channels/{channel_id}/test", { params: { path: { channel_id: channel } } }),
    { quiet: true, onDone: (delivery) => setSent(delivery ?? null) },
  );
  const id = sent?.id;
  const log = useRead(
    ["test", channel, id],
    (api, signal) =>
      api.GET("/api/deliveries", { params: { query: { channel, limit: RECENT } }, signal }),
    {
      enabled: id !== undefined,
      keep: false,
      every: (last) => {
        const found = last?.deliveries.find((each) => each.id === id);
        const known = found !== undefined && !isPending(found);
        return known || waited ? false : LOOK_MS;
      },
    },
  );
  const found = log.data?.deliveries.find((each) => each.id === id) ?? sent;
  const pending = found !== null && isPending(found);
  const late = pending && waited;
  return {
    send: () => {
      setSent(null);
      setWaited(false);
      start.mutate();
    },
    busy: start.isPending || (pending && !late),
    delivery: found,
    late,
    error: start.error,
  };
}
