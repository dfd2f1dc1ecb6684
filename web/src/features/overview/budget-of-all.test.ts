import { describe, expect, it } from "vitest";
import { budgetOfAll, courseOf, fullness, type Budget } from "./budget-of-all";

const budget = (given: Partial<Budget>) =>
  ({ scope: {}, each: null, period: "month", in_force: true, ...given }) as Budget;

describe("the budget of all spend", () => {
  it("is the monthly one without scope that counts today", () => {
    const all = budget({ id: 5 });
    const others = [
      budget({ scope: { feature: "x" } }),
      budget({ each: "user" }),
      budget({ period: "week" }),
      budget({ in_force: false }),
    ];
    expect(budgetOfAll([...others, all])).toBe(all);
    expect(budgetOfAll(others)).toBeNull();
  });
});

describe("the course of a month", () => {
  const forecast = { low: "30", likely: "35", high: "41" };
  it.each([
    ["41.5", "40", forecast, "bad", "$1.50 over the budget"],
    ["10", "34", forecast, "bad", "Likely $1.00 over the budget by the end"],
    ["10", "40", forecast, "warn", "May pass the budget by the end"],
    ["10", "41", forecast, "good", "On course to stay within the budget"],
    ["10", "40", null, "good", "$30.00 left"],
  ])("at %s of %s", (spent, amount, ahead, tone, words) =>
    expect(courseOf(spent, amount, ahead)).toEqual({ tone, words }),
  );

  it("is full where nothing was allowed and something spent", () => {
    expect(fullness("1", "0")).toBe(1);
    expect(fullness("0", "0")).toBe(0);
    expect(fullness("20", "40")).toBe(0.5);
  });
});
