import { Problem, Unreachable, readProblem } from "./problem.js";
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
  /** Wait until everything noted so far has a verdict, or the time (ms) is over; say whether it has. */
  flush(timeout?: number): Promise<boolean>;
  stats(): { accepted: number; rejected: number; dropped: number; waiting: number };
}

const MAX_BATCH = 500;
const LONGEST_PAUSE = 30_000;

/** Make a tracker: calls are collected, sent in batches in the background and tried again until they arrive. */
export function createTracker(options: TrackerOptions): Tracker {
  const { capacity = 10_000, linger = 200, fetch: send = fetch } = options;
  const waiting: Tracked[] = [];
  const counts = { accepted: 0, rejected: 0, dropped: 0 };
  let sending: Promise<void> | null = null;

  function note(event: Tracked): void {
    // A retry repeats both unchanged, which is what makes it count once.
    waiting.push({ ...event, ...identity(event) });
    if (waiting.length > capacity) {
      waiting.shift();
      counts.dropped += 1;
    }
    sending ??= run().finally(() => (sending = null));
  }

  async function run(): Promise<void> {
    await sleep(linger);
    let pause = 500;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH);
      try {
        const answer = await post(batch);
        counts.accepted += answer.accepted;
        counts.rejected += answer.rejected.length;
        pause = 500;
      } catch (error) {
        if (!isPassing(error)) {
          counts.rejected += batch.length;
          continue;
        }
        waiting.unshift(...batch);
        await sleep(
          error instanceof Problem && error.retryAfter !== null ? error.retryAfter * 1000 : pause,
        );
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  async function post(events: Tracked[]): Promise<{ accepted: number; rejected: unknown[] }> {
    let response: Response;
    try {
      response = await send(`${options.url.replace(/\/$/, "")}/api/events/track`, {
        method: "POST",
        headers: { Authorization: `Bearer ${options.apiKey}`, "Content-Type": "application/json" },
        body: JSON.stringify({ events }),
        keepalive: true,
      });
    } catch (error) {
      throw new Unreachable(error);
    }
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as { accepted: number; rejected: unknown[] };
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
      const until = Date.now() + timeout;
      while (sending !== null && Date.now() < until) {
        await Promise.race([sending, sleep(Math.max(0, until - Date.now()))]);
      }
      return sending === null;
    },
    stats: () => ({ ...counts, waiting: waiting.length }),
  };
}

function identity({ id, timestamp }: Tracked): Partial<Tracked> {
  // A UUIDv7 without a timestamp has the time inside.
  if (id !== undefined) return timestamp === undefined ? { id } : { id, timestamp };
  return { id: uuid7(), timestamp: timestamp ?? new Date().toISOString() };
}

/** Say whether the same request may succeed later. */
function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof Problem && (error.status === 429 || error.status >= 500);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
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
