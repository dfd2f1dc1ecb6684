import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followLive, type LiveEvent, type LiveListener, type LiveState } from "./live-stream";

interface Connection {
  headers: Headers;
  write: (text: string) => void;
  end: () => void;
}

/** A server whose streams the test writes; `answers` come first. */
function server(...answers: (Response | Error)[]) {
  const connections: Connection[] = [];
  const fetch = ((_: string, init: RequestInit) => {
    const answer = answers.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== undefined) return Promise.resolve(answer);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    init.signal?.addEventListener("abort", () => void writer.abort().catch(() => undefined));
    const encoder = new TextEncoder();
    connections.push({
      headers: new Headers(init.headers),
      write: (text) => void writer.write(encoder.encode(text)).catch(() => undefined),
      end: () => void writer.close().catch(() => undefined),
    });
    return Promise.resolve(
      new Response(readable, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } }),
    );
  }) as typeof globalThis.fetch;
  return { answers, connections, fetch };
}

function listening() {
  const states: LiveState["kind"][] = [];
  const events: string[] = [];
  const listener: LiveListener = {
    onState: ({ kind }) => {
      if (states.at(-1) !== kind) states.push(kind);
    },
    onSpend: vi.fn(),
    onEvent: (event: LiveEvent) => void events.push(event.id),
    onSignedOut: vi.fn(),
  };
  return { states, events, listener };
}

function frame(id: string): string {
  return `event: event\nid: p-${id}\ndata: {"id": "${id}"}\n\n`;
}

function refusal(status: number, code: string): Response {
  return Response.json({ code, detail: "because" }, { status });
}

describe("followLive", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

  it("goes on behind the last frame, wherever the stream was cut", async () => {
    const { connections, fetch } = server();
    const { states, events, listener } = listening();
    const stop = followLive(listener, { workspace: 3, fetch });
    await pass();
    expect(connections[0]?.headers.get("x-llmlab-workspace")).toBe("3");
    expect(connections[0]?.headers.has("last-event-id")).toBe(false);
    connections[0]?.write(frame("a") + frame("b").slice(0, 20));
    await pass();
    connections[0]?.end();
    await pass(500);
    expect(events).toEqual(["a"]);
    expect(connections[1]?.headers.get("last-event-id")).toBe("p-a");
    connections[1]?.write(frame("b"));
    await pass();
    expect(events).toEqual(["a", "b"]);
    expect(states).toEqual(["connecting", "live", "lost", "live"]);
    stop();
  });

  it("takes silence for a break: a server that lives pings", async () => {
    const { connections, fetch } = server();
    const { states, listener } = listening();
    const stop = followLive(listener, { workspace: 3, fetch, silence: 40_000 });
    await pass(30_000);
    connections[0]?.write("event: ping\ndata: {}\n\n");
    await pass(30_000);
    expect(states).toEqual(["connecting", "live"]);
    await pass(11_000);
    expect(connections).toHaveLength(2);
    stop();
  });

  it("waits longer each time that nobody answers, and as long as it is told to", async () => {
    const { connections, fetch } = server(
      new TypeError("gone"),
      new Response("<html>", { status: 502, headers: { "Content-Type": "text/html" } }),
      Response.json(
        { code: "too_many_streams", detail: "d" },
        { status: 429, headers: { "Retry-After": "5" } },
      ),
    );
    const { states, listener } = listening();
    const stop = followLive(listener, { workspace: 3, fetch });
    await pass(500 + 1000 + 4999);
    expect(connections).toHaveLength(0);
    await pass(1);
    expect(connections).toHaveLength(1);
    expect(states).toEqual(["connecting", "lost", "live"]);
    stop();
  });

  it("stops where it is of no use, and says why", async () => {
    for (const [answer, expected] of [
      [refusal(401, "token_revoked"), ["connecting"]],
      [refusal(403, "not_a_member"), ["connecting", "refused"]],
    ] as const) {
      const { connections, fetch } = server(answer);
      const { states, listener } = listening();
      followLive(listener, { workspace: 3, fetch });
      await pass(60_000);
      expect(connections).toHaveLength(0);
      expect(states).toEqual(expected);
      expect(listener.onSignedOut).toHaveBeenCalledTimes(answer.status === 401 ? 1 : 0);
    }
  });

  it("goes on trying where something in between says that there is nothing", async () => {
    const { connections, fetch } = server(
      new Response("<h1>No such application</h1>", {
        status: 404,
        headers: { "Content-Type": "text/html" },
      }),
    );
    const { states, listener } = listening();
    const stop = followLive(listener, { workspace: 3, fetch });
    await pass(500);
    expect(connections).toHaveLength(1);
    expect(states).toEqual(["connecting", "lost", "live"]);
    stop();
  });

  it("begins anew when its place is no longer known", async () => {
    const { answers, connections, fetch } = server();
    const { states, listener } = listening();
    const stop = followLive(listener, { workspace: 3, fetch });
    await pass();
    connections[0]?.write(frame("a"));
    await pass();
    answers.push(refusal(422, "bad_last_event_id"));
    connections[0]?.end();
    await pass(500 + 1000);
    expect(connections[1]?.headers.has("last-event-id")).toBe(false);
    expect(states.at(-1)).toBe("live");
    stop();
  });
});
