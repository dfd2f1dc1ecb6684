import { Problem, readProblem } from "./problem.js";
import type { components } from "./schema.js";

/** One LLM call, as `POST /api/events/track` takes it. */
export type Tracked = components["schemas"]["Event"];

export interface TrackerOptions {
  url: string;
  apiKey: string;
  /** How many calls wait at most; the oldest are dropped beyond that, and counted. */
  capacity?: number;
  /** Milliseconds between a call and the request that reports it. */
  linger?: number;
  fetch?: typeof fetch;
}

export interface Tracker {
  /** Note a call and return at once; never throws. */
  track(event: Tracked): void;
  /** Wait until everything that was noted has a verdict, or the time (ms) is over; say whether it has. */
  flush(timeout?: number): Promise<boolean>;
  /** `waiting` are those without a verdict. */
  stats(): { accepted: number; rejected: number; dropped: number; waiting: number };
}

const MAX_BATCH = 500;
const MAX_CHARACTERS = 500_000;
// A browser sends nothing of a request that is to outlive its page and has more than 64 KiB; a character may
// take three bytes.
const MOST_KEPT_ALIVE = 20_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Make a tracker: calls are collected, sent in batches in the background and tried again until they arrive. */
export function createTracker(options: TrackerOptions): Tracker {
  const { capacity = 10_000, linger = 200, fetch: send = fetch } = options;
  // As they are sent: one that cannot be written is dropped alone, and a retry repeats what was said first.
  const waiting: string[] = [];
  let underWay: string[] = [];
  const counts = { accepted: 0, rejected: 0, dropped: 0 };
  let sending: Promise<void> | null = null;

  function note(event: Tracked): void {
    waiting.push(JSON.stringify({ ...event, ...identity(event) }));
    if (waiting.length + underWay.length > capacity) {
      waiting.shift();
      counts.dropped += 1;
    }
    sending ??= run();
  }

  async function run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, linger));
    let pause = FIRST_PAUSE;
    while (waiting.length > 0) {
      underWay = take();
      try {
        const { accepted, rejected } = await post(underWay);
        counts.accepted += accepted;
        counts.rejected += rejected;
        pause = FIRST_PAUSE;
      } catch (error) {
        if (isVerdict(error)) {
          counts.rejected += underWay.length;
        } else {
          waiting.unshift(...underWay);
          underWay = [];
          await idle(Math.max(pause, retryAfter(error)));
          pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
      }
      underWay = [];
    }
    // At once when there is nothing more: what is noted any later begins anew.
    sending = null;
  }

  /** Take what the next request carries. */
  function take(): string[] {
    let characters = 0;
    const end = waiting.findIndex((event, place) => {
      characters += event.length;
      return place === MAX_BATCH || (place > 0 && characters > MAX_CHARACTERS);
    });
    return waiting.splice(0, end === -1 ? waiting.length : end);
  }

  async function post(events: readonly string[]): Promise<{ accepted: number; rejected: number }> {
    const body = `{"events":[${events.join(",")}]}`;
    const response = await send(`${options.url.replace(/\/$/, "")}/api/events/track`, {
      method: "POST",
      headers: { Authorization: `Bearer ${options.apiKey}`, "Content-Type": "application/json" },
      body,
      keepalive: body.length <= MOST_KEPT_ALIVE,
    });
    if (!response.ok) throw await readProblem(response);
    const { accepted, rejected } = (await response.json()) as Record<string, unknown>;
    if (typeof accepted !== "number" || !Array.isArray(rejected)) throw new Error("no verdict");
    return { accepted, rejected: rejected.length };
  }

  return {
    track(event) {
      try {
        note(event);
      } catch {
        counts.dropped += 1;
      }
    },
    async flush(timeout = 5_000) {
      const time = { over: false };
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          time.over = true;
          resolve();
        }, timeout);
      });
      while (sending !== null && !time.over) await Promise.race([sending, end]);
      clearTimeout(timer);
      return sending === null;
    },
    stats: () => ({ ...counts, waiting: waiting.length + underWay.length }),
  };
}

/** Return what makes the call count once: a retry repeats it unchanged. */
function identity({ id, timestamp }: Tracked): Partial<Tracked> {
  // A UUIDv7 without a timestamp has the time inside.
  if (id != null) return timestamp == null ? { id } : { id, timestamp };
  const at = timestamp == null ? Date.now() : Date.parse(timestamp);
  // An id is of its event's own time, or the server refuses it.
  return {
    id: uuid7(Number.isFinite(at) ? at : Date.now()),
    timestamp: timestamp ?? new Date(at).toISOString(),
  };
}

/**
 * Say whether the server has judged what it was sent. Nobody there, an answer that broke off, something else
 * in the server's place, a server that is not ready: the same may succeed later.
 */
function isVerdict(error: unknown): boolean {
  if (!(error instanceof Problem) || error.code === "not_the_api") return false;
  return error.status !== 429 && error.status < 500;
}

/** Return the milliseconds that the server asks to be left alone. */
function retryAfter(error: unknown): number {
  return error instanceof Problem ? (error.retryAfter ?? 0) * 1000 : 0;
}

/** Wait, without keeping a program (Node's) from ending that has nothing else to do. */
function idle(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, milliseconds);
    if (typeof timer === "object" && timer !== null && "unref" in timer) {
      (timer as { unref: () => void }).unref();
    }
  });
}

/** Return a UUIDv7 (RFC 9562): 48 bits of milliseconds, the rest random. */
export function uuid7(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0; place < 6; place++)
    bytes[place] = Math.floor(now / 2 ** (8 * (5 - place))) & 0xff;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
