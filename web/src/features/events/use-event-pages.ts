import type { Schemas } from "@llmlab/client";
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useWorkspace } from "@/api/workspace";
import { pageQuery, type CostEvent, type Question } from "./question";

type Page = Schemas["CostPage"];

/** The pages of a list of events, newest first, as far as they were wanted. */
export function useEventPages(question: Question) {
  const { id, api } = useWorkspace();
  const queries = useQueryClient();
  const queryKey = useMemo(() => ["workspace", id, "events", question], [id, question]);
  const pages = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const query = pageQuery(question, pageParam);
      const { data } = await api.GET("/api/costs", { params: { query }, signal });
      if (data === undefined) throw new Error("an answer without content");
      return data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // The live stream says when there is news; reading all pages again on a mere glance would be waste.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  const events = useMemo<CostEvent[]>(
    () => pages.data?.pages.flatMap(({ costs }) => costs) ?? [],
    [pages.data],
  );
  const { refetch } = pages;
  /**
   * Read the newest page again and let the others go; what is shown stays until it is there. Says whether
   * it came.
   */
  const readNewest = useCallback(async (): Promise<boolean> => {
    queries.setQueryData<InfiniteData<Page, string | null>>(queryKey, (had) =>
      had === undefined
        ? had
        : { pages: had.pages.slice(0, 1), pageParams: had.pageParams.slice(0, 1) },
    );
    return (await refetch()).isSuccess;
  }, [queries, queryKey, refetch]);
  return { pages, events, readNewest };
}
