/**
 * Who is signed in. The cookie that says so is out of the page's reach; what other tabs do about it is told
 * over a channel, so that a logout in one of them ends all.
 */
import { createClient, Problem, type Schemas } from "@llmlab/client";
import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { forgetFirstKeys } from "./first-keys";

export type User = Schemas["UserResponse"];
/** Why nobody is signed in any more: one logged out here, in another tab, or the server says it is over. */
export type Ending = "logged-out" | "elsewhere" | "over";
type News = "signed-in" | "signed-out";

interface Message {
  news: News;
  /** The tab that it comes from, which hears itself too. */
  tab: string;
}

const CHANNEL = "llmlab.session";
const ENDING = ["session", "ending"];
const TAB = crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Speaks for whoever is signed in, or for nobody: what is about no workspace is asked by it. */
export const siteApi = createClient();

/** The signed-in user, or null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<User | null> => {
    try {
      const { data } = await siteApi.GET("/api/auth/me", { signal });
      return data ?? null;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});

/** Return why the last session ended; null when there was none since the page was opened. */
export function lastEnding(queries: QueryClient): Ending | null {
  return queries.getQueryData<Ending>(ENDING) ?? null;
}

/** Forget everything that was read, look again who is signed in, and tell the other tabs. */
export async function sessionChanged(queries: QueryClient, news: News): Promise<void> {
  tellOtherTabs(news);
  await startOver(queries, news, "logged-out");
}

/** End the session here and in the other tabs; one that the server ended already is ended here too. */
export async function signOut(queries: QueryClient): Promise<void> {
  try {
    await siteApi.POST("/api/auth/logout");
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  await sessionChanged(queries, "signed-out");
}

/** Listen to what other tabs do; returns the function that stops listening. */
export function followOtherTabs(queries: QueryClient): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data: { news, tab } }: MessageEvent<Message>) => {
    if (tab !== TAB) void startOver(queries, news, "elsewhere");
  };
  return () => {
    channel.close();
  };
}

/** The server said 401: whoever was signed in is no longer. What is on screen goes with it. */
export function sessionEnded(queries: QueryClient): void {
  if (!queries.getQueryData(sessionQuery.queryKey)) return;
  forgetFirstKeys();
  noteEnding(queries, "over");
  queries.setQueryData(sessionQuery.queryKey, null);
}

/**
 * The server said 403: the role may have been changed, or the membership ended, since it was read. What the
 * person may do is looked up again, and the screen follows.
 */
export function mayHaveChanged(queries: QueryClient): void {
  // A person without any workspace is told so by the session itself, which is not asked again for it.
  if (queries.getQueryState(sessionQuery.queryKey)?.status !== "success") return;
  void queries.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true });
}

async function startOver(queries: QueryClient, news: News, ending: Ending): Promise<void> {
  await queries.cancelQueries();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  if (news === "signed-out") {
    forgetFirstKeys();
    noteEnding(queries, ending);
    queries.setQueryData(sessionQuery.queryKey, null);
  } else {
    queries.removeQueries({ queryKey: ENDING });
    await queries.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true });
  }
}

function noteEnding(queries: QueryClient, ending: Ending): void {
  queries.setQueryDefaults(ENDING, { gcTime: Infinity });
  queries.setQueryData(ENDING, ending);
}

function tellOtherTabs(news: News): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ news, tab: TAB } satisfies Message);
  channel.close();
}
