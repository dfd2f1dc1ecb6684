/** What several parts of these screens read. */
import type { Schemas } from "@llmlab/client";
import { useRead } from "@/api/use-read";
import { usePages } from "@/api/use-pages";

export type Budget = Schemas["Budget"];
export type BudgetInFull = Schemas["BudgetInFull"];
export type Channel = Schemas["Channel"];

const PAGE = 50;
// The API keeps no more of them.
const MOST_CHANNELS = 50;

/** Read the budgets page by page, those of every period first. */
export function useBudgets() {
  return usePages(
    ["budgets"],
    (api, cursor, signal) =>
      api.GET("/api/budgets", {
        params: {
          query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor: Number(cursor) }) },
        },
        signal,
      }),
    { moving: true },
  );
}

/** Read one budget with how its period will end. */
export function useBudget(id: number, options: { moving?: boolean; staleMs?: number } = {}) {
  return useRead(
    ["budget", id],
    (api, signal) => api.GET("/api/budgets/{id}", { params: { path: { id } }, signal }),
    { keep: false, ...options },
  );
}

/** Return the ids of channels that are still there: a budget or a report keeps those of deleted ones. */
export function stillThere(ids: readonly number[], channels: readonly Channel[]): number[] {
  return ids.filter((id) => channels.some((channel) => channel.id === id));
}

/** Read all channels. */
export function useChannels(options: { every?: number } = {}) {
  return useRead(
    ["channels"],
    async (api, signal) => {
      const { data } = await api.GET("/api/channels", {
        params: { query: { limit: MOST_CHANNELS } },
        signal,
      });
      return { data: data?.channels };
    },
    options,
  );
}
