import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTracker, uuid7, type Tracked } from "./track.js";

const CALL: Tracked = {
  provider: "openai",
  model: "gpt-4",
  input_tokens: 1000,
  output_tokens: 500,
};

interface Sent {
  events: Tracked[];
}

function server(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const fetch = vi.fn((_: unknown, init?: RequestInit) => {
    const body = JSON.parse(init?.body as string) as Sent;
    sent.push(body);
    const answer = answers.shift() ?? accepted(body.events.length);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { sent, fetch };
}

function accepted(count: number, rejected: unknown[] = []): Response {
  return Response.json({ accepted: count, rejected }, { status: 202 });
}

function problem(status: number, headers: Record<string, string> = {}): Response {
  return Response.json({ code: "c", detail: "d" }, { status, headers });
}

function timeIn(id: string | null | undefined): number {
  return Number.parseInt((id ?? "").replaceAll("-", "").slice(0, 12), 16);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

describe("createTracker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function tracker(fetch: typeof globalThis.fetch, capacity?: number) {
    return createTracker({ url: "http://llmlab.test/", apiKey: "llmlab_k", fetch, capacity });
  }

  it("sends what was noted together, each call with an identity of its own", async () => {
    const { sent, fetch } = server();
    const { track, flush, stats } = tracker(fetch);
    track(CALL);
    track({
      ...CALL,
      id: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
      timestamp: "2026-11-28T10:00:00Z",
    });
    await vi.advanceTimersByTimeAsync(200);
    expect(await flush()).toBe(true);
    expect(fetch).toHaveBeenCalledTimes(1);
    const [first, second] = sent[0]?.events ?? [];
    expect(first?.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(second).toMatchObject({
      id: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
      timestamp: "2026-11-28T10:00:00Z",
    });
    expect(stats()).toEqual({ accepted: 2, rejected: 0, dropped: 0, waiting: 0 });
  });

  it("repeats unchanged what found nobody, or a server that is not ready", async () => {
    const { sent, fetch } = server(new TypeError("gone"), problem(503, { "Retry-After": "2" }));
    const { track, stats } = tracker(fetch);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200 + 500 + 2000);
    expect(sent).toHaveLength(3);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(stats()).toMatchObject({ accepted: 1, waiting: 0 });
  });

  it("lets a server be that asks for no time, or for more than there is", async () => {
    const { sent, fetch } = server(
      problem(503, { "Retry-After": "0" }),
      problem(503, { "Retry-After": "99999999" }),
    );
    const { track } = tracker(fetch);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200 + 400);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100 + 3_600_000);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(sent).toHaveLength(3);
  });

  it("forgets no call that is noted while a round of sending ends", async () => {
    for (let late = 0; late < 12; late++) {
      const { sent, fetch } = server();
      let noteLater: () => void = () => undefined;
      const { track, stats } = tracker(async (...asked) => {
        const answer = await fetch(...asked);
        const text = await answer.text();
        noteLater();
        return new Response(text, answer);
      });
      noteLater = () => {
        noteLater = () => undefined;
        void turns(late).then(() => track(CALL));
      };
      track(CALL);
      await vi.advanceTimersByTimeAsync(500);
      expect(stats(), `${String(late)} turns later`).toMatchObject({ accepted: 2, waiting: 0 });
      expect(sent.flatMap(({ events }) => events)).toHaveLength(2);
    }
  });

  it("takes nothing for a verdict that the server did not say", async () => {
    const { sent, fetch } = server(
      new Response("<html>", { status: 404, headers: { "Content-Type": "text/html" } }),
      new Response('{"accep', { status: 202, headers: { "Content-Type": "application/json" } }),
      Response.json({}, { status: 202 }),
    );
    const { track, stats } = tracker(fetch);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200 + 500 + 1000);
    expect(stats()).toEqual({ accepted: 0, rejected: 0, dropped: 0, waiting: 1 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toHaveLength(4);
    expect(stats()).toEqual({ accepted: 1, rejected: 0, dropped: 0, waiting: 0 });
  });

  it("gives a call of the past an id of that time, and one to a call whose id is null", async () => {
    const { sent, fetch } = server();
    const { track } = tracker(fetch);
    track({ ...CALL, timestamp: "2026-01-02T03:04:05Z" });
    track({ ...CALL, id: null, timestamp: null });
    await vi.advanceTimersByTimeAsync(200);
    const [past, now] = sent[0]?.events ?? [];
    expect(timeIn(past?.id)).toBe(Date.parse("2026-01-02T03:04:05Z"));
    expect(timeIn(now?.id)).toBe(Date.parse(now?.timestamp ?? ""));
  });

  it("sends no more at once than a request carries, and only small ones beyond the page", async () => {
    const { sent, fetch } = server();
    const { track, stats } = tracker(fetch);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200);
    for (let n = 0; n < 300; n++) track({ ...CALL, usage: { padding: "x".repeat(4_000) } });
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.map(({ events }) => events.length)).toEqual([1, 119, 119, 62]);
    expect(fetch.mock.calls.map(([, init]) => init?.keepalive)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(stats()).toMatchObject({ accepted: 301, waiting: 0 });
  });

  it("drops a call that cannot be written, and sends the others", async () => {
    const { sent, fetch } = server();
    const { track, stats } = tracker(fetch);
    track({ ...CALL, metadata: { big: 1n } });
    track(CALL);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent[0]?.events).toHaveLength(1);
    expect(stats()).toEqual({ accepted: 1, rejected: 0, dropped: 1, waiting: 0 });
  });

  it("leaves nothing behind that keeps a program from ending", async () => {
    const { fetch } = server();
    const { track, flush } = tracker(fetch);
    track(CALL);
    const flushed = flush();
    await vi.advanceTimersByTimeAsync(200);
    expect(await flushed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("counts what is refused, and goes on", async () => {
    const { fetch } = server(problem(422), accepted(1, [{ index: 0 }]));
    const { track, stats } = tracker(fetch);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200);
    track(CALL);
    track(CALL);
    await vi.advanceTimersByTimeAsync(200);
    expect(stats()).toEqual({ accepted: 1, rejected: 2, dropped: 0, waiting: 0 });
  });

  it("never throws, and drops the oldest beyond its room", async () => {
    const { sent, fetch } = server();
    const { track, stats } = tracker(fetch, 2);
    for (const feature of ["a", "b", "c"]) track({ ...CALL, feature });
    track(null as unknown as Tracked);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.flatMap(({ events }) => events.map((event) => event.feature))).toEqual(["b", "c"]);
    expect(stats()).toMatchObject({ accepted: 2, dropped: 2 });
  });
});

it("makes UUIDs that begin with their time", () => {
  const id = uuid7(Date.UTC(2026, 10, 28));
  expect(timeIn(id)).toBe(Date.UTC(2026, 10, 28));
  expect(new Set(Array.from({ length: 100 }, () => uuid7())).size).toBe(100);
});
