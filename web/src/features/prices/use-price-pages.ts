import type { Schemas } from "@llmlab/client";
import { usePages } from "@/api/use-pages";

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
  return usePages(["prices", "book", { search, provider, layer, at }], (api, cursor, signal) =>
    api.GET("/api/prices", {
      params: {
        query: {
          ...(search === "" ? {} : { model: `${search}*` }),
          ...(provider === "" ? {} : { provider }),
          ...(layer === "" ? {} : { layer }),
          ...(at === "" ? {} : { at }),
          ...(cursor === undefined ? {} : { cursor }),
          limit: PAGE,
        },
      },
      signal,
    }),
  );
}
