import { describe, expect, it } from "vitest";
import { partsOf } from "./charge";
import { eventInFull } from "./example";

const RATES = { tokens: { input: "2.5", cache_read: "1.25", output: "10" } };
const costs = (event: ReturnType<typeof eventInFull>, rates: object | null) =>
  partsOf(event, rates).map(({ class: name, cost }) => [name, cost]);

describe("the parts of a charge", () => {
  it("are exact, and only where they add up to what was charged", () => {
    expect(costs(eventInFull({}), RATES)).toEqual([
      ["input", "0.0075"],
      ["cache_read", "0.0025"],
      ["output", "0.003"],
    ]);
    const unknown = [
      ["input", null],
      ["cache_read", null],
      ["output", null],
    ];
    expect(costs(eventInFull({ computed_cost: "0.014" }), RATES)).toEqual(unknown);
    expect(costs(eventInFull({ computed_cost: null }), RATES)).toEqual(unknown);
    expect(costs(eventInFull({}), null)).toEqual(unknown);
    expect(costs(eventInFull({}), { factor: "0.5" })).toEqual(unknown);
  });

  it("fall back to the class that a class is a part of", () => {
    const event = eventInFull({ computed_cost: "0.0155" });
    expect(costs(event, { tokens: { input: "2.5", output: "10" } })).toEqual([
      ["input", "0.0075"],
      ["cache_read", "0.005"],
      ["output", "0.003"],
    ]);
  });

  it("take the tier of the whole input, above its size alone", () => {
    const rates = {
      ...RATES,
      tiers: [
        { above: 4999, tokens: { input: "5", cache_read: "2.5", output: "20" } },
        { above: 5000, tokens: { input: "9", cache_read: "9", output: "9" } },
      ],
    };
    expect(costs(eventInFull({ computed_cost: "0.026" }), rates)).toEqual([
      ["input", "0.015"],
      ["cache_read", "0.005"],
      ["output", "0.006"],
    ]);
  });

  it("take the rates of the time of the UTC day, over midnight too", () => {
    const rates = {
      ...RATES,
      windows: [
        // Begins on Sundays: 2026-11-23 is a Monday.
        {
          from: "22:00",
          until: "13:00",
          days: [7],
          tokens: { input: "1", cache_read: "1", output: "1" },
        },
      ],
    };
    expect(costs(eventInFull({ computed_cost: "0.0053" }), rates)[0]).toEqual(["input", "0.003"]);
    const tuesday = eventInFull({ timestamp: "2026-11-24T12:00:00Z" });
    expect(costs(tuesday, rates)[0]).toEqual(["input", "0.0075"]);
  });
});
