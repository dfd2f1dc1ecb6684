import { describe, expect, it } from "vitest";
import { isDimension, nameOf, readFilters, valueOf, withFilter, writeFilters } from "./dimensions";

describe("filters in a URL", () => {
  it("are the dimensions among its parameters, each with its alternatives", () => {
    const { filters, misread } = readFilters(
      new URLSearchParams("range=7d&model=gpt-4&model=gpt-4o&model=gpt-4&tag.tier=free&customer="),
    );
    expect(filters).toEqual({ model: ["gpt-4", "gpt-4o"], "tag.tier": ["free"], customer: [""] });
    expect(misread).toEqual([]);
  });

  it("leave out what no API takes, and say so", () => {
    const query = new URLSearchParams({ feature: "x".repeat(257), user: "a\0b" });
    for (let n = 0; n < 101; n++) query.append("model", `m${n}`);
    const { filters, misread } = readFilters(query);
    expect(Object.keys(filters)).toEqual(["model"]);
    expect(filters.model).toHaveLength(100);
    expect(misread.sort()).toEqual(["feature", "model", "user"]);
  });

  it("are replaced without touching anything else", () => {
    const current = new URLSearchParams("range=7d&model=gpt-4&view=table");
    expect(writeFilters(current, { feature: ["a b", ""] }).toString()).toBe(
      "range=7d&view=table&feature=a+b&feature=",
    );
  });

  it("name values that no call can have", () => {
    const said = new URLSearchParams("status=odd&price_status=unpriced&api_key=me&api_key=7");
    expect(readFilters(said)).toEqual({
      filters: { price_status: ["unpriced"], api_key: ["7"] },
      misread: ["status", "api_key"],
    });
  });

  it("lose a dimension without values", () => {
    expect(withFilter({ model: ["a"], user: ["u"] }, "model", [])).toEqual({ user: ["u"] });
    expect(withFilter({}, "model", ["a"])).toEqual({ model: ["a"] });
  });
});

describe("names", () => {
  it("tell dimensions from what is none", () => {
    expect(["model", "tag.tier"].every(isDimension)).toBe(true);
    expect(["tag.", "constructor", "toString", "from", ""].some(isDimension)).toBe(false);
  });

  it("are words for people", () => {
    expect(nameOf("api_key")).toBe("API key");
    expect(nameOf("tag.tier")).toBe("Tag tier");
    expect(valueOf("price_status", "unpriced")).toBe("No price known");
    expect(valueOf("status", "aborted")).toBe("Broken off");
    expect(valueOf("customer", "<script>")).toBe("<script>");
  });
});
