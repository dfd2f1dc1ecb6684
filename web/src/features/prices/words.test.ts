import { describe, expect, it } from "vitest";
import { sayActor, type Repricing } from "@/api/repricing";
import { linesOf, sayFactor } from "./rates";
import { previewOf, readModels, repriceQuery } from "./reprice-form";
import { saySelection, titleOf } from "./repricing-words";

describe("a price in words", () => {
  it("has a line for everything that it says", () => {
    const lines = linesOf({
      tokens: { input: "0.075", output: "3" },
      tiers: [{ above: 131072, tokens: { input: "5", output: "15" } }],
      windows: [
        {
          from: "22:00",
          until: "06:00",
          days: [1, 2],
          tokens: { input: "1" },
          tiers: [{ above: 9, tokens: { input: "2" } }],
        },
      ],
      units: { web_searches: { usd: "10", per: 1000 }, images: { usd: "0.04" } },
    });
    expect(lines.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      "Input: $0.075 per 1M",
      "Output: $3.00 per 1M",
      "Above 131,072 input tokens: input $5.00, output $15.00",
      "22:00–06:00 UTC on Mon, Tue: input $1.00",
      "22:00–06:00 UTC on Mon, Tue, above 9 input tokens: input $2.00",
      "Web searches: $10.00 per 1,000",
      "Images: $0.04 each",
    ]);
  });

  it("says exactly how much a discount takes off", () => {
    expect(["0.875", "1.1", "0", "1"].map(sayFactor)).toEqual([
      "12.5% off",
      "10% on top",
      "free",
      "unchanged",
    ]);
  });
});

describe("calls to be priced again", () => {
  it("are named by the days of the zone, the last not included", () => {
    const choice = { provider: " ", model: ["a"], price_status: [] };
    const range = { from: "2026-11-01", to: "2026-12-01" };
    expect(previewOf({ ...choice, range }, "UTC")).toEqual({
      from: "2026-11-01",
      to: "2026-12-01",
      provider: null,
      model: ["a"],
      price_status: [],
      dry_run: true,
      reason: "",
    });
  });

  it("are read from a text and led to by a link", () => {
    expect(readModels("a, b\n\n b \nc")).toEqual(["a", "b", "c"]);
    const query = new URLSearchParams(
      repriceQuery("openai", ["gpt-4o"], "2026-10-31T23:30:00Z", "Europe/Berlin"),
    );
    expect(query.get("range")?.startsWith("2026-11-01..")).toBe(true);
    expect(query.get("model")).toBe("gpt-4o");
    // What always held has a range that can be read, west of Greenwich too.
    const always = repriceQuery("openai", [], "2020-01-01T00:00:00Z", "America/New_York");
    expect(new URLSearchParams(always).get("range")?.startsWith("2020-01-01..")).toBe(true);
  });
});

describe("a repricing in words", () => {
  const selection = {
    from: "2026-10-31T23:00:00Z",
    to: "2026-11-30T23:00:00Z",
    provider: "openai",
    model: ["gpt-4o"],
    price_status: [],
    ids: [],
    counts: null,
  };
  const repricing = { kind: "reprice", dry_run: true, undoes: null, selection } as unknown;

  it("says which calls it is of, whole days as days", () => {
    expect(saySelection(repricing as Repricing, "Europe/Berlin")).toMatch(
      /^openai · gpt-4o · 1 Nov.* – 30 Nov/,
    );
    expect(saySelection(repricing as Repricing, "UTC")).toContain("from 31 Oct 2026, 23:00");
    expect(saySelection({ ...(repricing as Repricing), undoes: 3 }, "UTC")).toContain("3");
  });

  it("says what it is and by whose wish", () => {
    expect(titleOf(repricing as Repricing)).toBe("Preview: calls priced again");
    expect(sayActor("user:7")).toBe("person 7");
    expect(sayActor("key:7")).toBe("API key 7");
    expect(sayActor("llmlab")).toBe("LLMLab itself");
  });
});
