/**
 * Who is signed in. The cookie that says so is out of the page's reach; what other tabs do about it is told
 * over a channel, so that a logout in one of them ends all.
 */
import { createClient, Problem, type Schemas } from "@llmlab/client";
import { queryOptions, type QueryClient } from "@tanstack/react-query";

export type User = Schemas["UserResponse"];
type News = "signed-in" | "signed-out";

const CHANNEL = "llmlab.session";
const api = createClient();

/** The signed-in user, or null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<User | null> => {
    try {
      const { data } = await api.GET("/api/auth/me", { signal });
      return data ?? null;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});

/** Forget everything that was read, look again who is signed in, and tell the other tabs. */
export async function sessionChanged(queries: QueryClient, news: News): Promise<void> {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(news);
  channel.close();
  await startOver(queries, news);
}

/** End the session here and in the other tabs, whether or not the server can be told. */
export async function signOut(queries: QueryClient): Promise<void> {
  await api.POST("/api/auth/logout");
  await sessionChanged(queries, "signed-out");
}

/** Listen to what other tabs do; returns the function that stops listening. */
export function followOtherTabs(queries: QueryClient): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<News>) => void startOver(queries, data);
  return () => {
    channel.close();
  };
}

/** The server said 401: whoever was signed in is no longer. What is on screen goes with it. */
export function sessionEnded(queries: QueryClient): void {
  if (queries.getQueryData(sessionQuery.queryKey))
    queries.setQueryData(sessionQuery.queryKey, null);
}

async function startOver(queries: QueryClient, news: News): Promise<void> {
  await queries.cancelQueries();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  if (news === "signed-out") queries.setQueryData(sessionQuery.queryKey, null);
  else await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
}
