import { describe, expect, it } from "vitest";
import type { Summary } from "@/api/costs";
import type { LiveSpend } from "@/api/live";
import { latestOf } from "./use-so-far";

const counts = { unpriced: 1, missing: 1, quarantined: 1 };
const told = (asOf: string) =>
  ({ today: { spend: "9", events: 9, counts }, as_of: asOf }) as unknown as LiveSpend;
const read = (asOf: string) =>
  ({
    total_spend: "5",
    counts: { ...counts, events: 5 },
    freshness: { as_of: asOf },
  }) as unknown as Summary;
const EARLIER = "2026-11-28T10:00:00.000001Z";
const LATER = "2026-11-28T10:05:00.000001Z";

describe("what was spent so far", () => {
  it("is what was told or read last, also where the stream is away for a second time", () => {
    expect(latestOf("today", told(LATER), read(EARLIER))).toEqual({
      spend: "9",
      events: 9,
      unknown: 3,
    });
    expect(latestOf("today", told(EARLIER), read(LATER))).toEqual({
      spend: "5",
      events: 5,
      unknown: 3,
    });
  });

  it("is not known before anything said it", () => {
    expect(latestOf("today", null, undefined)).toBeNull();
    expect(latestOf("today", null, read(EARLIER))?.spend).toBe("5");
  });
});
