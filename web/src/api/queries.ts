/** How all of the dashboard reads: what is kept, when it is asked again, and what a 401 and a 403 mean. */
import { Problem, Unreachable } from "@llmlab/client";
import { keepPreviousData, MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { mayHaveChanged, sessionEnded } from "./session";

const FRESH_MS = 15_000;
const MOST_RETRIES = 2;

export function makeQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    if (!(error instanceof Problem)) return;
    if (error.status === 401) sessionEnded(queries);
    if (error.status === 403) mayHaveChanged(queries);
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // What was there stays on the screen while what is asked for now is on its way.
        placeholderData: keepPreviousData,
        retry: (failures, error) => failures < MOST_RETRIES && isPassing(error),
        retryDelay: (attempt, error) => waitFor(error) ?? 500 * 2 ** attempt,
      },
      mutations: { retry: false },
    },
  });
  return queries;
}

/** Say whether asking again may help: nobody answered, or the server said that it will soon. */
function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return (
    error instanceof Problem &&
    (error.status === 429 || error.status === 503 || error.status === 502)
  );
}

function waitFor(error: unknown): number | null {
  if (!(error instanceof Problem) || error.retryAfter === null) return null;
  return Math.min(error.retryAfter, 30) * 1000;
}
