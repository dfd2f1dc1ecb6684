import { describe, expect, it } from "vitest";
import { ago, bucket, clock, day, exactInstant, instant, isZone } from "./times";

describe("times", () => {
  it("are shown in the zone that is asked for, summer time included", () => {
    expect(instant("2026-10-25T00:30:00Z", "Europe/Berlin")).toBe("25 Oct 2026, 02:30");
    expect(instant("2026-10-25T01:30:00Z", "Europe/Berlin")).toBe("25 Oct 2026, 02:30");
    expect(exactInstant("2026-10-25T01:30:00.123456Z", "Europe/Berlin")).toBe(
      "2026-10-25 02:30:00.123 +01:00",
    );
    expect(clock("2026-01-01T23:59:59Z", "Asia/Kolkata")).toBe("05:29:59");
  });

  it("name days without moving them to another zone's", () => {
    const now = new Date("2026-11-28T12:00:00Z");
    expect(day("2026-11-01", now)).toBe("1 Nov");
    expect(day("2025-12-31", now)).toBe("31 Dec 2025");
    expect(bucket("2026-11-23T13:00:00+01:00", "Europe/Berlin")).toBe("23 Nov, 13:00");
  });

  it("say how long ago", () => {
    const now = Date.parse("2026-11-28T12:00:00Z");
    expect(ago("2026-11-28T11:59:58Z", now)).toBe("just now");
    expect(ago("2026-11-28T11:59:20Z", now)).toBe("40 s ago");
    expect(ago("2026-11-28T10:00:00Z", now)).toBe("2 h ago");
    expect(ago("2026-11-20T12:00:00Z", now)).toBe("8 days ago");
    expect(ago("2026-11-28T12:00:30Z", now)).toBe("just now");
  });

  it("know a zone from what is none", () => {
    expect(isZone("Europe/Berlin")).toBe(true);
    expect(isZone("Mars/Olympus")).toBe(false);
    expect(isZone("")).toBe(false);
  });
});
