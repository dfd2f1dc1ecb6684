import { describe, expect, it } from "vitest";
import type { Summary } from "@/api/costs";
import type { Groups, SpentOn } from "@/api/groups";
import { rowsOf, totalOf } from "./rows";

const spent = (
  feature: string,
  spend: string,
  events = 2,
  unknown: number | null = 0,
): SpentOn => ({
  keys: { feature },
  spend,
  events,
  tokens: 10,
  unknown,
});

function groups(rows: SpentOn[], total: string, unpriced = 0): Groups {
  const events = rows.reduce((sum, row) => sum + row.events, 0);
  return {
    dimensions: ["feature"],
    rows,
    cut: false,
    summary: {
      total_spend: total,
      counts: { events, unpriced, missing: 0, quarantined: 0 },
    } as Summary,
  };
}

describe("the lines of the table", () => {
  it("hold shares, and what a call of known cost costs", () => {
    const [first] = rowsOf(groups([spent("a", "0.3", 4, 1)], "0.6"), null);
    expect(first).toMatchObject({ spend: "0.3", share: 0.5, perCall: "0.1", difference: null });
  });

  it("say not known, never nothing, where no call has a known cost", () => {
    const [first] = rowsOf(groups([spent("a", "0", 4, 4)], "1", 4), groups([spent("a", "1")], "1"));
    expect(first).toMatchObject({ spend: null, share: null, perCall: null, difference: null });
  });

  it("do not take calls without a price for free beside a failed one that was", () => {
    expect(rowsOf(groups([spent("a", "0", 4, 3)], "1", 3), null)[0]?.spend).toBeNull();
    expect(rowsOf(groups([spent("a", "0", 4, 0)], "1"), null)[0]?.spend).toBe("0");
  });

  it("keep what was there before and is no longer, and what is new", () => {
    const rows = rowsOf(
      groups([spent("new", "1"), spent("both", "0.3")], "1.3"),
      groups([spent("both", "0.1"), spent("gone", "0.5")], "0.6"),
    );
    expect(rows.map(({ keys, difference, change }) => [keys.feature, difference, change])).toEqual([
      ["new", "1", null],
      ["both", "0.2", 2],
      ["gone", "-0.5", -1],
    ]);
    expect(rows[2]?.events).toBe(0);
  });

  it("add up in the answer's own total, which has what no line has", () => {
    const total = totalOf(
      groups([spent("a", "0.3", 4)], "0.9", 1),
      groups([spent("a", "1")], "1.8"),
    );
    expect(total).toMatchObject({ spend: "0.9", perCall: "0.3", difference: "-0.9", change: -0.5 });
  });

  it("do not add up to nothing where no call has a known cost", () => {
    const total = totalOf(groups([spent("a", "0", 4, 4)], "0", 4), groups([spent("a", "1")], "1"));
    expect(total).toMatchObject({ spend: null, perCall: null, difference: null, change: null });
    expect(totalOf(groups([spent("a", "0", 4)], "0"), null).spend).toBe("0");
  });

  it("do not take what was cut off for nothing", () => {
    const cut = (some: Groups): Groups => ({ ...some, cut: true });
    const before = groups([spent("gone", "1")], "1");
    const now = groups([spent("a", "2")], "9");
    expect(rowsOf(now, cut(before))[0]).toMatchObject({ spend: "2", before: null });
    expect(rowsOf(cut(now), before)).toHaveLength(1);
  });
});
