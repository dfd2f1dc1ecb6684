import { describe, expect, it } from "vitest";
import type { LiveEvent } from "@/api/live-stream";
import { belongs, endsNow, join, keep, matches } from "./arrivals";
import { liveEvent, uuid } from "./example";
import type { Question } from "./question";

const QUESTION: Question = {
  days: { from: "2026-11-01", to: "2026-11-29" },
  zone: "Asia/Kolkata",
  filters: {},
  session: "",
  trace: "",
};
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
const at = (ms: number, n = 0): LiveEvent =>
  liveEvent({ id: uuid(ms, n), timestamp: new Date(ms).toISOString() });
const NOON = Date.parse("2026-11-23T12:00:00Z");

describe("a call over the stream", () => {
  it("belongs by the days of the zone, the last not included", () => {
    const when = (timestamp: string) => belongs(liveEvent({ timestamp }), QUESTION);
    // Midnight in Kolkata is half past six in the evening before in UTC.
    expect(when("2026-10-31T18:29:59.999Z")).toBe("no");
    expect(when("2026-10-31T18:30:00Z")).toBe("yes");
    expect(when("2026-11-28T18:29:59Z")).toBe("yes");
    expect(when("2026-11-28T18:30:00Z")).toBe("no");
  });

  it("belongs by each filter, of which any value may fit; empty stands for none", () => {
    const event = liveEvent({ model: "gpt-4o", feature: null, api_key: 7, tags: { tier: "free" } });
    expect(matches(event, { model: ["a", "gpt-4o"], feature: [""] })).toBe(true);
    expect(matches(event, { api_key: ["7"], "tag.tier": ["free"] })).toBe(true);
    expect(matches(event, { "tag.other": [""] })).toBe(true);
    expect(matches(event, { model: ["gpt-4o"], feature: ["search"] })).toBe(false);
  });

  it("is not known to be of a session, which the stream does not tell", () => {
    expect(belongs(liveEvent({}), { ...QUESTION, session: "s-1" })).toBe("unknown");
    expect(belongs(liveEvent({}), { ...QUESTION, session: "s-1", filters: { model: ["x"] } })).toBe(
      "no",
    );
  });

  it("comes only while the days are not over", () => {
    expect(endsNow(QUESTION, Date.parse("2026-11-28T18:29:59Z"))).toBe(true);
    expect(endsNow(QUESTION, Date.parse("2026-11-28T18:30:00Z"))).toBe(false);
  });

  it("is kept once", () => {
    const one = keep([], at(NOON));
    expect(keep(one, at(NOON))).toBe(one);
    expect(ids([...keep(one, at(NOON + 1))])).toEqual([uuid(NOON + 1), uuid(NOON)]);
  });
});

describe("pages and arrivals together", () => {
  const page = [at(NOON + 30), at(NOON + 20), at(NOON + 10)];

  it("are in the API's order, without doubles", () => {
    const arrivals = [at(NOON + 40), at(NOON + 20), at(NOON + 25), at(NOON + 50)];
    expect(ids(join(page, arrivals, true))).toEqual(
      [50, 40, 30, 25, 20, 10].map((ms) => uuid(NOON + ms)),
    );
  });

  it("leave to the next page what lies behind the last row", () => {
    const late = at(NOON);
    expect(ids(join(page, [late], true))).toEqual(ids(page));
    expect(ids(join(page, [late], false))).toEqual([...ids(page), late.id]);
    expect(ids(join([], [late], false))).toEqual([late.id]);
  });

  it("order calls of one millisecond by id, and other ids by their time", () => {
    const [low, high] = [at(NOON, 1), at(NOON, 2)];
    expect(ids(join([], [low, high], false))).toEqual([high.id, low.id]);
    const v4 = liveEvent({
      id: "00000000-0000-4000-8000-000000000000",
      timestamp: "2026-11-23T12:00:00.000500Z",
    });
    expect(ids(join([low], [v4], false))).toEqual([v4.id, low.id]);
  });
});
