import { describe, expect, it } from "vitest";
import { lacksSome, toPoints } from "./burn-down";

const month = { start: "2026-11-01", end: "2026-12-01", amount: "30", zone: "UTC" };

describe("the course of a period", () => {
  it("adds up exactly, keeps quiet days, and ends today", () => {
    const points = toPoints({
      ...month,
      today: "2026-11-03",
      trends: [
        { bucket: "2026-11-01", spend: "0.1", events: 1 },
        { bucket: "2026-11-03", spend: "0.2", events: 1 },
      ],
    });
    expect(points).toHaveLength(30);
    expect(points.slice(0, 4).map(({ spent }) => spent)).toEqual(["0.1", "0.1", "0.3", null]);
    expect(points[3]?.curve).toBeNull();
  });

  it("has an even course that ends at the amount", () => {
    const points = toPoints({ ...month, today: "2026-11-03", trends: [] });
    expect(points[0]?.ideal).toBe(1);
    expect(points.at(-1)?.ideal).toBe(30);
  });

  it("lets the forecast begin where the curve ends", () => {
    const points = toPoints({
      ...month,
      today: "2026-11-02",
      trends: [{ bucket: "2026-11-02", spend: "4", events: 1 }],
      ahead: [
        { day: "2026-11-02", low: "4", likely: "5", high: "6" },
        { day: "2026-11-03", low: "5", likely: "6", high: "8" },
      ],
    });
    expect(points[0]?.likely).toBeNull();
    expect(points[1]).toMatchObject({ likely: 4, range: [4, 4] });
    expect(points[2]).toMatchObject({ likely: 6, range: [5, 8], curve: null });
  });

  it("takes the hours of a period of one day", () => {
    const points = toPoints({
      start: "2026-11-28",
      end: "2026-11-29",
      amount: "9",
      zone: "UTC",
      today: "2026-11-28",
      trends: [
        { bucket: "2026-11-28T00:00:00Z", spend: "1", events: 1 },
        { bucket: "2026-11-28T01:00:00Z", spend: "2", events: 1 },
      ],
    });
    expect(points.map(({ spent }) => spent)).toEqual(["1", "3"]);
  });
});

describe("a curve beside the budget's own figure", () => {
  it("may lag by a moment, and says what folded values keep out of it", () => {
    expect(lacksSome("99.5", "100")).toBe(false);
    expect(lacksSome("100.1", "100")).toBe(false);
    expect(lacksSome("0", "0")).toBe(false);
    expect(lacksSome("80", "100")).toBe(true);
  });
});
