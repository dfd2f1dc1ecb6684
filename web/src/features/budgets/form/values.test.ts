import { describe, expect, it } from "vitest";
import { EMPTY, schema, toRequest, type Values } from "./values";

const read = (changes: Partial<Values>) => schema.safeParse({ ...EMPTY, ...changes });
const request = (changes: Partial<Values>) => toRequest(schema.parse({ ...EMPTY, ...changes }));
const problemAt = (changes: Partial<Values>) =>
  read(changes).error?.issues.map(({ path }) => path.join("."));

describe("the form of a budget", () => {
  it.each(["500", "$500", " 0.25 ", "0.000000000001", "1000000000000"])("takes %j", (amount) => {
    expect(read({ budget_amount: amount }).success).toBe(true);
  });

  it.each(["", "0", "-1", "1,000", "1e3", "0.0000000000001", "1000000000001", "NaN"])(
    "refuses %j at the amount",
    (amount) => {
      expect(problemAt({ budget_amount: amount })).toContain("budget_amount");
    },
  );

  it("asks for the plain monthly budget by an amount alone", () => {
    expect(request({ budget_amount: "$50" })).toEqual({
      budget_amount: "50",
      period: "month",
      scope: {},
      thresholds: ["0.5", "0.8", "1"],
      channels: [],
    });
  });

  it("moves the first day to the beginning of its period", () => {
    const asked = request({ budget_amount: "50", period: "week", from: "2026-11-26" });
    expect(asked.from).toBe("2026-11-23");
  });

  it("asks for one month without a first day", () => {
    const asked = request({ budget_amount: "5", month: "2026-12-01", from: "2026-11-01" });
    expect(asked.month).toBe("2026-12");
    expect(asked).not.toHaveProperty("from");
  });

  it("names the scope, tags apart", () => {
    const scope = [
      { dimension: "feature", value: " search " },
      { dimension: "tag.squad", value: "blue" },
    ];
    const asked = request({ budget_amount: "5", each: "user", scope });
    expect(asked.scope).toEqual({ feature: "search", tag: { squad: "blue" } });
    expect(asked.each).toBe("user");
  });

  it("points at the line that is missing, twice there, or said by `each` already", () => {
    const line = { dimension: "feature", value: "a" };
    expect(problemAt({ budget_amount: "5", scope: [{ ...line, value: " " }] })).toEqual([
      "scope.0.value",
    ]);
    expect(problemAt({ budget_amount: "5", scope: [line, line] })).toEqual(["scope.1.value"]);
    expect(
      problemAt({ budget_amount: "5", each: "user", scope: [{ dimension: "user", value: "a" }] }),
    ).toEqual(["scope.0.value"]);
  });

  it("wants at least one threshold", () => {
    expect(problemAt({ budget_amount: "5", thresholds: [] })).toEqual(["thresholds"]);
  });
});
