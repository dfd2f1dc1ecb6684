import { describe, expect, it } from "vitest";
import { before, beforeSoFar, daysOf, readRange, writeRange } from "./ranges";

describe("beforeSoFar", () => {
  const now = new Date("2026-11-28T13:22:40Z");

  it("ends at the same time of day, at a whole quarter hour", () => {
    const today = daysOf("today", "UTC", now);
    expect(beforeSoFar("today", today, "UTC", now)).toEqual({
      from: "2026-11-27",
      to: "2026-11-27T13:15:00.000+00:00",
    });
  });

  it("compares a month so far with as much of the one before, in the zone of the question", () => {
    const zone = "Asia/Kolkata";
    const month = daysOf("month", zone, now);
    const earlier = beforeSoFar("month", month, zone, now);
    expect(earlier?.from).toBe("2026-10-01");
    expect(new Date(earlier?.to ?? "").toISOString()).toBe("2026-10-28T13:15:00.000Z");
  });

  it("takes a shorter month whole", () => {
    const late = new Date("2026-03-31T12:00:00Z");
    const month = daysOf("month", "UTC", late);
    expect(beforeSoFar("month", month, "UTC", late)).toEqual({
      from: "2026-02-01",
      to: "2026-03-01",
    });
  });

  it("leaves days alone that are over, and those that nothing precedes", () => {
    const yesterday = daysOf("yesterday", "UTC", now);
    expect(beforeSoFar("yesterday", yesterday, "UTC", now)).toEqual(before("yesterday", yesterday));
    expect(beforeSoFar("all", daysOf("all", "UTC", now), "UTC", now)).toBeNull();
  });
});

describe("a range in a URL", () => {
  it("is read as it was written, with both days part of it", () => {
    const own = { from: "2026-11-01", to: "2026-11-16" };
    expect(writeRange(own)).toBe("2026-11-01..2026-11-15");
    expect(readRange(writeRange(own))).toEqual(own);
  });

  it.each([
    "",
    "nonsense",
    "2026-13-01",
    "2026-11-05..2026-11-01",
    "1999-01-01",
    "a..b..c",
    "2026-11-01..9999-12-31",
  ])("is nothing where it says %j", (text) => expect(readRange(text)).toBeNull());
});
