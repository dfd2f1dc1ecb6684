import { describe, expect, it } from "vitest";
import { tellOutlook } from "./outlook";

const now = new Date("2026-11-10T12:00:00Z");
const budget = { spent: "30", budget_amount: "60" };
const forecast = { low: "50", likely: "70", high: "90" };
const method = "";

describe("the outlook of a budget", () => {
  it("says when the amount is passed and between which days", () => {
    const told = tellOutlook(
      {
        forecast,
        expected_on: "2026-11-23",
        expected_between: ["2026-11-19", "2026-11-28"],
        method,
      },
      budget,
      now,
    );
    expect(told?.brief).toBe("On this course you pass 100 % on 23 Nov, between 19 Nov and 28 Nov.");
    expect(told?.mood).toBe("bad");
    expect(told?.detail).toContain("$50.00 to $90.00");
  });

  it("says that it may also not be passed", () => {
    const told = tellOutlook(
      { forecast, expected_on: "2026-11-23", expected_between: ["2026-11-19", null], method },
      budget,
      now,
    );
    expect(told?.brief).toContain("at the earliest on 19 Nov, or not in this period");
  });

  it("warns where only the upper end of the range passes it", () => {
    const told = tellOutlook(
      { forecast, expected_on: null, expected_between: ["2026-11-29", null], method },
      budget,
      now,
    );
    expect(told?.mood).toBe("warn");
    expect(told?.brief).toContain("may pass 100 % from 29 Nov on");
  });

  it("is calm where nothing is passed", () => {
    const told = tellOutlook(
      { forecast, expected_on: null, expected_between: [null, null], method },
      budget,
      now,
    );
    expect(told?.brief).toBe("On course: likely $70.00 at the end.");
  });

  it("says why there is no forecast", () => {
    const told = tellOutlook(
      { forecast: null, reason: "fewer than 14 days since the first spend", method },
      budget,
      now,
    );
    expect(told?.brief).toBe("No forecast yet.");
    expect(told?.detail).toBe("Fewer than 14 days since the first spend.");
  });

  it("says first of all that it is used up, with or without a forecast", () => {
    expect(tellOutlook(null, { spent: "60", budget_amount: "60.0" }, now)?.brief).toBe(
      "Used up: $60.00 of $60.00.",
    );
    expect(tellOutlook(null, budget, now)).toBeNull();
  });
});
