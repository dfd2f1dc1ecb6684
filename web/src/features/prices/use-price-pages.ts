import type { Schemas } from "@llmlab/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useWorkspace } from "@/api/workspace";

export type Price = Schemas["Price"];
export type Layer = Price["layer"];

export interface BookQuestion {
  /** The beginning of the model's name. */
  search: string;
  provider: string;
  layer: Layer | "";
  /** A day, whose first moment in UTC is meant; empty: now. */
  at: string;
}

const PAGE = 100;

/** The prices in force at an instant, page by page. */
export function usePricePages({ search, provider, layer, at }: BookQuestion) {
  const { id, api } = useWorkspace();
  return useInfiniteQuery({
    queryKey: ["workspace", id, "prices", { search, provider, layer, at }],
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await api.GET("/api/prices", {
        params: {
          query: {
            ...(search === "" ? {} : { model: `${search}*` }),
            ...(provider === "" ? {} : { provider }),
            ...(layer === "" ? {} : { layer }),
            ...(at === "" ? {} : { at }),
            ...(pageParam === null ? {} : { cursor: pageParam }),
            limit: PAGE,
          },
        },
        signal,
      });
      if (data === undefined) throw new Error("an answer without content");
      return data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 5 * 60_000,
  });
}
