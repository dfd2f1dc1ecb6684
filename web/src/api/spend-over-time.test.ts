import { createClient } from "@llmlab/client";
import { describe, expect, it } from "vitest";
import type { Summary } from "./costs";
import { readGroups, toRows } from "./groups";
import { readSpendOverTime, usualUnit } from "./spend-over-time";

const DAYS = { from: "2026-11-01", to: "2026-11-03" };
const signal = new AbortController().signal;

/** A client whose answers depend on what is asked, and what was asked. */
function asked(answer: (query: URLSearchParams) => Response) {
  const queries: URLSearchParams[] = [];
  const api = createClient({
    url: "http://api.test",
    fetch: (request) => {
      const query = new URL(request.url).searchParams;
      queries.push(query);
      return Promise.resolve(answer(query));
    },
  });
  return { api, queries };
}

function summary(given: Partial<Summary>): Response {
  const counts = { events: 1, unpriced: 1, missing: 0, quarantined: 0 };
  return Response.json({ total_spend: "0", trends: [], groups: [], counts, ...given });
}

function refusal(code: string): Response {
  return new Response(
    JSON.stringify({
      status: 422,
      code: "invalid",
      detail: "no",
      errors: [{ field: "group_by", code, message: "no" }],
    }),
    { status: 422, headers: { "content-type": "application/problem+json" } },
  );
}

const group = (keys: Record<string, string>, spend: string) => ({
  keys,
  spend,
  events: 1,
  tokens: 1,
});
const trends = [
  { bucket: "2026-11-01", spend: "10", events: 9 },
  { bucket: "2026-11-02", spend: "5", events: 9 },
];

describe("spend over time", () => {
  it("is one question where the answer is short", async () => {
    const { api, queries } = asked(() =>
      summary({
        trends,
        groups: [
          group({ day: "2026-11-01", user: "b" }, "4"),
          group({ day: "2026-11-01", user: "a" }, "6"),
          group({ day: "2026-11-02", user: "a" }, "5"),
        ],
      }),
    );
    const question = { days: DAYS, zone: "UTC", dimensions: ["user"], unit: "day" as const };
    const { data } = await readSpendOverTime(api, question, signal);
    expect(queries.map((query) => query.get("group_by"))).toEqual(["day,user"]);
    expect(data.buckets).toEqual(["2026-11-01", "2026-11-02"]);
    expect(data.parts.map(({ keys, total }) => [keys.user, total])).toEqual([
      ["a", "11"],
      ["b", "4"],
    ]);
    expect(data.rest).toBeNull();
  });

  it("asks for the dearest by name where there are too many, and the rest is exact", async () => {
    const { api, queries } = asked((query) => {
      if (query.get("group_by") === "user") {
        const groups = Array.from({ length: 20 }, (_, n) =>
          group({ user: `u${String(n)}` }, String(n)),
        );
        return summary({ trends, groups });
      }
      if (query.getAll("user").length === 0) return refusal("too_many_groups");
      return summary({
        trends: [],
        groups: [
          group({ day: "2026-11-01", user: "u19" }, "1.1"),
          group({ day: "2026-11-02", user: "u18" }, "2.2"),
        ],
      });
    });
    const question = { days: DAYS, zone: "UTC", dimensions: ["user"], unit: "day" as const };
    const { data } = await readSpendOverTime(api, question, signal);
    expect(queries.at(-1)?.getAll("user")).toEqual([
      "u19",
      "u18",
      "u17",
      "u16",
      "u15",
      "u14",
      "u13",
      "u12",
    ]);
    expect([...(data.rest ?? [])]).toEqual([
      ["2026-11-01", "8.9"],
      ["2026-11-02", "2.8"],
    ]);
  });

  it("has the rest by the hour too, where the summary tells days", async () => {
    const hour = "2026-11-01T10:00:00Z";
    const { api } = asked((query) => {
      if (query.get("group_by") === "hour")
        return summary({ trends, groups: [group({ hour }, "9")] });
      if (query.get("group_by") === "model") {
        return summary({
          trends,
          groups: [group({ model: "a" }, "7"), group({ model: "b" }, "8")],
        });
      }
      if (query.getAll("model").length === 0) return refusal("too_many_groups");
      return summary({ trends, groups: [group({ hour, model: "a" }, "6.5")] });
    });
    const question = { days: DAYS, zone: "UTC", dimensions: ["model"], unit: "hour" as const };
    const { data } = await readSpendOverTime(api, question, signal);
    expect(data.buckets).toEqual([hour]);
    expect([...(data.rest ?? [])]).toEqual([[hour, "2.5"]]);
  });

  it("has the hours in which nothing was spent too, which no group names", async () => {
    const [first, last] = ["2026-11-01T01:00:00+01:00", "2026-11-01T04:00:00+01:00"];
    const { api } = asked(() =>
      summary({
        trends,
        from: "2026-11-01T01:00:00+01:00",
        to: "2026-11-01T06:00:00+01:00",
        groups: [group({ hour: last, model: "a" }, "2"), group({ hour: first, model: "a" }, "1")],
      }),
    );
    const question = { days: DAYS, zone: "x", dimensions: ["model"], unit: "hour" as const };
    const { data } = await readSpendOverTime(api, question, signal);
    expect(data.buckets.map((name) => new Date(name).getUTCHours())).toEqual([0, 1, 2, 3, 4]);
    expect([data.buckets[0], data.buckets[3]]).toEqual([first, last]);
  });

  it("is told by the day where hours would be too much, and says so", async () => {
    const { api } = asked((query) =>
      query.get("group_by")?.startsWith("hour") === true
        ? refusal("group_by_not_kept")
        : summary({ trends }),
    );
    const question = { days: DAYS, zone: "UTC", dimensions: ["user"], unit: "hour" as const };
    const { data } = await readSpendOverTime(api, question, signal);
    expect([data.unit, data.instead]).toEqual(["day", "hour"]);
  });

  it("fails with what the API said of anything else", async () => {
    const { api } = asked(() => refusal("value_not_kept"));
    const question = { days: DAYS, zone: "UTC", dimensions: ["user"], unit: "day" as const };
    await expect(readSpendOverTime(api, question, signal)).rejects.toThrow("no");
  });

  it("is by hours for two days, by days for months, by months for years", () => {
    expect(usualUnit({ from: "2026-11-01", to: "2026-11-03" })).toBe("hour");
    expect(usualUnit({ from: "2026-11-01", to: "2026-11-04" })).toBe("day");
    expect(usualUnit({ from: "2020-01-01", to: "2026-11-04" })).toBe("month");
  });
});

describe("spend by groups", () => {
  it("tells the calls whose cost is not known beside the sum", () => {
    const rows = toRows(
      [
        group({ model: "a", price_status: "priced" }, "0.1"),
        group({ model: "a", price_status: "estimated" }, "0.2"),
        group({ model: "a", price_status: "unpriced" }, "0"),
        group({ model: "b", price_status: "missing" }, "0"),
      ],
      ["model"],
    );
    expect(rows).toEqual([
      { keys: { model: "a" }, spend: "0.3", events: 3, tokens: 3, unknown: 1 },
      { keys: { model: "b" }, spend: "0", events: 1, tokens: 1, unknown: 1 },
    ]);
  });

  it("does without where that makes too many groups", async () => {
    const { api } = asked((query) =>
      query.get("group_by") === "user"
        ? summary({ groups: [group({ user: "a" }, "1")] })
        : refusal("too_many_groups"),
    );
    const { data } = await readGroups(
      api,
      { days: DAYS, zone: "UTC", dimensions: ["user"] },
      signal,
    );
    expect(data.rows).toEqual([
      { keys: { user: "a" }, spend: "1", events: 1, tokens: 1, unknown: null },
    ]);
  });

  const midnights = { from: "2026-11-01T00:00:00Z", to: "2026-11-03T00:00:00Z" };
  const tooMany = (values: { from: string; to: string }) =>
    asked((query) => {
      if (query.has("dimension")) {
        return Response.json({ ...values, values: [{ value: "a", spend: "7", events: 3 }] });
      }
      return query.has("group_by")
        ? refusal("too_many_groups")
        : summary({ ...midnights, total_spend: "9", trends });
    });

  it("are the dearest where even these are too many, and say so", async () => {
    const { api, queries } = tooMany(midnights);
    const question = { days: DAYS, zone: "UTC", dimensions: ["user"] };
    const { data } = await readGroups(api, question, signal);
    expect(data.rows).toEqual([
      { keys: { user: "a" }, spend: "7", events: 3, tokens: null, unknown: null },
    ]);
    expect(data.cut).toBe(true);
    expect(data.summary.total_spend).toBe("9");
    expect(Object.fromEntries(queries.at(-1) ?? [])).toMatchObject({
      dimension: "user",
      limit: "1000",
    });
  });

  it.each([
    ["of other days", { ...midnights, to: "2026-11-03T05:00:00Z" }, {}, ["user"]],
    ["of filtered calls", midnights, { model: ["x"] }, ["user"]],
    ["of pairs", midnights, {}, ["user", "team"]],
  ])("do not take values %s for the dearest", async (_, values, filters, dimensions) => {
    const { api } = tooMany(values);
    const question = { days: DAYS, zone: "UTC", dimensions, filters };
    await expect(readGroups(api, question, signal)).rejects.toMatchObject({ status: 422 });
  });
});
