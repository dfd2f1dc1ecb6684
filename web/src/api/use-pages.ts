import type { LLMLabClient } from "@llmlab/client";
import {
  useInfiniteQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { MOVING } from "./live";
import { useWorkspace } from "./workspace";

interface Page {
  next_cursor?: string | null;
}

/** Read a list of the workspace on screen page by page; `useRead` in all else, its options too. */
export function usePages<T extends Page>(
  what: readonly unknown[],
  read: (
    api: LLMLabClient,
    cursor: string | undefined,
    signal: AbortSignal,
  ) => Promise<{ data?: T }>,
  options: { moving?: boolean; enabled?: boolean; every?: number } = {},
): UseInfiniteQueryResult<InfiniteData<T, string | undefined>> {
  const { id, api } = useWorkspace();
  return useInfiniteQuery({
    queryKey: ["workspace", id, ...(options.moving === true ? [MOVING] : []), ...what],
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await read(api, pageParam, signal);
      if (data === undefined) throw new Error("an answer without content");
      return data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    enabled: options.enabled,
    refetchInterval: options.every,
  });
}
