import { describe, expect, it } from "vitest";
import { readEvidence } from "./evidence";

describe("evidence", () => {
  it("tells money, shares, counts and names apart", () => {
    const { facts } = readEvidence({
      provider: "openai",
      calls: 169,
      spend: "21.10224",
      share_of_spend: "0.6029",
      tokens_per_call: "2054.9",
      feature: null,
    });
    expect(facts).toEqual([
      { name: "Provider", shown: { is: "text", text: "openai" } },
      { name: "Calls", shown: { is: "count", count: 169 } },
      { name: "Spend in 30 days", shown: { is: "money", amount: "21.10224" } },
      { name: "Share of all spend", shown: { is: "share", fraction: 0.6029 } },
      { name: "Tokens a call", shown: { is: "text", text: "2054.9" } },
    ]);
  });

  it("lays out what comes in lists and by class", () => {
    const { tables, events } = readEvidence({
      tokens: { input: 10, output: 5, cache_read: 0 },
      alternatives: [{ model: "gpt-4o", saving_month: "18.7", closeness: "0.7" }],
      weeks: ["0.1", "0.2"],
      events: "/api/costs?model=gpt-4",
    });
    expect(tables.map(({ name }) => name)).toEqual([
      "Tokens",
      "Alternatives",
      "Cost a call, week by week",
    ]);
    expect(tables[0]?.rows).toHaveLength(2);
    expect(tables[1]?.rows[0]).toEqual([
      { is: "text", text: "gpt-4o" },
      { is: "money", amount: "18.7" },
      { is: "share", fraction: 0.7 },
    ]);
    expect(tables[2]?.rows[1]?.[1]).toEqual({ is: "money", amount: "0.2" });
    expect(events).toBe("/api/costs?model=gpt-4");
  });

  it("shows what it has no name for under its own", () => {
    const { facts } = readEvidence({ something_new: "x" });
    expect(facts).toEqual([{ name: "something new", shown: { is: "text", text: "x" } }]);
  });
});
