import type { LLMLabClient } from "@llmlab/client";
import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useToast } from "@/components/ui/toast";
import { MOVING } from "./live";
import { useWorkspace } from "./workspace";

interface ReadOptions<T> {
  /** New calls change it: it is asked for again as they come, so that it moves while one looks. */
  moving?: boolean;
  enabled?: boolean;
  staleMs?: number;
  /** Milliseconds between two times that it is asked for, or how that follows from what came last. */
  every?: number | false | ((last: T | undefined) => number | false);
  /** Whether the answer to an earlier question stays until the new one is there (usual). */
  keep?: boolean;
}

/**
 * Read something of the workspace on screen. `what` names it among all that is read, with everything that
 * the question depends on.
 */
export function useRead<T>(
  what: readonly unknown[],
  read: (api: LLMLabClient, signal: AbortSignal) => Promise<{ data?: T }>,
  options: ReadOptions<T> = {},
): UseQueryResult<T> {
  const { id, api } = useWorkspace();
  const { every } = options;
  return useQuery<T>({
    queryKey: ["workspace", id, ...(options.moving === true ? [MOVING] : []), ...what],
    queryFn: async ({ signal }) => {
      const { data } = await read(api, signal);
      if (data === undefined) throw new Error("an answer without content");
      return data;
    },
    enabled: options.enabled,
    staleTime: options.staleMs,
    ...(options.keep === false ? { placeholderData: undefined } : {}),
    refetchInterval: typeof every === "function" ? (query) => every(query.state.data) : every,
  });
}

interface DeedOptions<T, V> {
  /** Said when it is done. */
  done?: string | ((result: T, variables: V) => string);
  /** What is told elsewhere (at fields, in a dialog) is not told in the corner too. */
  quiet?: boolean;
  onDone?: (result: T, variables: V) => void;
}

/** Do something in the workspace on screen; whatever was read of it is read anew afterwards. */
export function useDeed<V = void, T = unknown>(
  act: (api: LLMLabClient, variables: V) => Promise<{ data?: T }>,
  options: DeedOptions<T | undefined, V> = {},
): UseMutationResult<T | undefined, Error, V> {
  const { id, api } = useWorkspace();
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation<T | undefined, Error, V>({
    mutationFn: async (variables) => (await act(api, variables)).data,
    onSuccess: async (result, variables) => {
      const { done } = options;
      if (done !== undefined) toast.done(typeof done === "string" ? done : done(result, variables));
      options.onDone?.(result, variables);
      await queries.invalidateQueries({ queryKey: ["workspace", id] });
    },
    onError: (error) => {
      if (options.quiet !== true) toast.failed(error);
    },
  });
}
