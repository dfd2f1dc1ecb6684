import { describe, expect, it } from "vitest";
import { filtersOf, readScope, samePlace, writeScope } from "./scope";

describe("scopes", () => {
  it("reads and writes what the API has, tags and keys too", () => {
    const scope = readScope({ feature: "search", api_key: 7, tag: { squad: "blue" } });
    expect(scope).toEqual({ feature: "search", api_key: "7", "tag.squad": "blue" });
    expect(writeScope(scope)).toEqual({ feature: "search", api_key: "7", tag: { squad: "blue" } });
    expect(filtersOf(scope)).toEqual({
      feature: ["search"],
      api_key: ["7"],
      "tag.squad": ["blue"],
    });
    expect(writeScope({})).toEqual({});
  });

  it("knows two budgets that count the same", () => {
    const place = { scope: { feature: "a" }, each: null, period: "month", month: null } as const;
    expect(samePlace(place, { ...place })).toBe(true);
    expect(samePlace(place, { ...place, scope: { feature: "b" } })).toBe(false);
    expect(samePlace(place, { ...place, scope: {} })).toBe(false);
    expect(samePlace(place, { ...place, each: "user" })).toBe(false);
    expect(samePlace(place, { ...place, month: "2026-11" })).toBe(false);
  });
});
