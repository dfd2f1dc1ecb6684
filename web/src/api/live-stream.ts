/**
 * The live stream, read with fetch: it is opened again after every break, behind the last frame that came,
 * so that no call is missing and none comes twice.
 */
import { Problem, readProblem, type Schemas } from "@llmlab/client";
import { createParser, type EventSourceMessage } from "eventsource-parser";

export type LiveSpend = Schemas["LiveSpend"];
export type LiveEvent = Schemas["LiveEvent"];

/** How the stream is: `lost` while it is tried again, `refused` when trying is of no use. */
export type LiveState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "lost"; since: number }
  | { kind: "refused"; why: string };

export interface LiveListener {
  onState(state: LiveState): void;
  onSpend(spend: LiveSpend): void;
  onEvent(event: LiveEvent): void;
  /** The session is over. */
  onSignedOut(): void;
}

export interface LiveOptions {
  workspace: number;
  fetch?: typeof fetch;
  /** Milliseconds of silence after which the stream counts as broken; the server pings every 15 s. */
  silence?: number;
}

const PATH = "/api/costs/live";
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Follow the workspace's stream until the returned function is called. */
export function followLive(listener: LiveListener, options: LiveOptions): () => void {
  const ended = new AbortController();
  void follow(listener, options, ended.signal);
  return () => {
    ended.abort();
  };
}

async function follow(
  listener: LiveListener,
  options: LiveOptions,
  ended: AbortSignal,
): Promise<void> {
  let lastId: string | null = null;
  let pause = FIRST_PAUSE;
  let lostAt: number | null = null;
  listener.onState({ kind: "connecting" });
  while (!ended.aborted) {
    let wait = pause;
    try {
      await readOnce(listener, options, ended, lastId, {
        opened: () => {
          pause = FIRST_PAUSE;
          lostAt = null;
          listener.onState({ kind: "live" });
        },
        frame: (id) => (lastId = id),
      });
    } catch (error) {
      if (isAborted(ended)) return;
      if (error instanceof Problem) {
        if (error.status === 401) {
          listener.onSignedOut();
          return;
        }
        if (error.code === "bad_last_event_id") lastId = null;
        // What something in between says while the server is put anew is no refusal.
        else if (error.code !== "not_the_api" && (error.status === 403 || error.status === 404)) {
          listener.onState({ kind: "refused", why: error.detail });
          return;
        }
        if (error.retryAfter !== null) wait = Math.max(wait, error.retryAfter * 1000);
      }
    }
    lostAt ??= Date.now();
    listener.onState({ kind: "lost", since: lostAt });
    await sleep(wait, ended);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

interface Progress {
  opened: () => void;
  frame: (id: string) => void;
}

async function readOnce(
  listener: LiveListener,
  { workspace, fetch: send = fetch, silence = 40_000 }: LiveOptions,
  ended: AbortSignal,
  lastId: string | null,
  progress: Progress,
): Promise<void> {
  const silent = new AbortController();
  let watchdog = setTimeout(() => silent.abort(), silence);
  try {
    const response = await send(PATH, {
      headers: {
        Accept: "text/event-stream",
        "X-LLMLab-Web": "1",
        "X-LLMLab-Workspace": String(workspace),
        ...(lastId === null ? {} : { "Last-Event-ID": lastId }),
      },
      signal: AbortSignal.any([ended, silent.signal]),
      cache: "no-store",
    });
    if (!response.ok) throw await readProblem(response);
    if (response.body === null || !isStream(response)) throw await readProblem(response);
    progress.opened();
    const parser = createParser({
      onEvent: (message) => {
        if (message.id !== undefined) progress.frame(message.id);
        dispatch(listener, message);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silent.abort(), silence);
      parser.feed(value);
    }
  } finally {
    clearTimeout(watchdog);
    // Whatever ended the reading: nothing of this request goes on.
    silent.abort();
  }
}

function dispatch(listener: LiveListener, message: EventSourceMessage): void {
  if (message.event === "spend") listener.onSpend(JSON.parse(message.data) as LiveSpend);
  else if (message.event === "event") listener.onEvent(JSON.parse(message.data) as LiveEvent);
}

function isStream(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function sleep(milliseconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    ended.addEventListener("abort", over);
  });
}
