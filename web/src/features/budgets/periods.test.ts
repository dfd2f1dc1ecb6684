import { describe, expect, it } from "vitest";
import { daysBetween, lastDay, leftOf, nameOfPeriod, shifted, startOf, todayIn } from "./periods";

describe("periods", () => {
  it.each([
    ["day", "2026-11-28", "2026-11-28"],
    ["week", "2026-11-29", "2026-11-23"],
    ["week", "2026-11-23", "2026-11-23"],
    ["month", "2026-11-28", "2026-11-01"],
    ["quarter", "2026-11-28", "2026-10-01"],
    ["year", "2026-11-28", "2026-01-01"],
  ] as const)("a %s with %s begins on %s", (period, day, start) => {
    expect(startOf(period, day)).toBe(start);
  });

  it("steps by whole periods, over the ends of months and years", () => {
    expect(shifted("month", "2026-12-01", 1)).toBe("2027-01-01");
    expect(shifted("quarter", "2026-01-01", -1)).toBe("2025-10-01");
    expect(shifted("week", "2026-12-28", 1)).toBe("2027-01-04");
  });

  it("has every day once, also where clocks change", () => {
    const days = daysBetween("2026-10-01", "2026-11-01");
    expect(days).toHaveLength(31);
    expect(new Set(days).size).toBe(31);
    expect(days.at(-1)).toBe(lastDay("2026-11-01"));
    expect(daysBetween("2026-11-01", "2026-11-01")).toEqual([]);
  });

  it("names periods and says what is left of them", () => {
    expect(nameOfPeriod("quarter", "2026-10-01")).toBe("Q4 2026");
    expect(nameOfPeriod("week", "2026-11-23")).toBe("Week of 23 Nov 2026");
    expect(leftOf("2026-11-01", "2026-12-01", "2026-11-28")).toBe("2 days left");
    expect(leftOf("2026-11-01", "2026-12-01", "2026-11-29")).toBe("1 day left");
    expect(leftOf("2026-11-01", "2026-12-01", "2026-11-30")).toBe("last day");
    expect(leftOf("2026-11-28", "2026-11-29", "2026-11-28")).toBe("ends at midnight");
    expect(leftOf("2026-12-01", "2027-01-01", "2026-11-28")).toBe("begins on 1 Dec");
    expect(leftOf("2026-10-01", "2026-11-01", "2026-11-28")).toBe("over");
  });

  it("knows the day of the zone, not of the browser", () => {
    const now = new Date("2026-11-28T23:30:00Z");
    expect(todayIn("Asia/Tokyo", now)).toBe("2026-11-29");
    expect(todayIn("America/New_York", now)).toBe("2026-11-28");
  });
});
