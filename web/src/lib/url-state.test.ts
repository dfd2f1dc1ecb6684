import { describe, expect, it } from "vitest";
import { readRange, writeRange, type Range } from "./ranges";
import { choice, flag, parsed, readFields, text, writeFields } from "./url-state";

const FIELDS = {
  view: choice(["chart", "table"], "chart"),
  compare: flag(),
  search: text("", 10),
  range: parsed<Range>("30d", readRange, writeRange),
};

function read(query: string) {
  return readFields(FIELDS, new URLSearchParams(query));
}

describe("a screen's state in its URL", () => {
  it("is the usual when the URL says nothing", () => {
    expect(read("")).toEqual({
      values: { view: "chart", compare: false, search: "", range: "30d" },
      misread: [],
    });
  });

  it("takes what makes sense and names the rest", () => {
    const { values, misread } = read("view=pie&compare=1&search=much+too+long&range=2026-13-01");
    expect(values).toEqual({ view: "chart", compare: true, search: "", range: "30d" });
    expect(misread).toEqual(["view", "search", "range"]);
  });

  it.each([
    "search=%00",
    "view=",
    "compare=yes",
    "range=",
    "range=7d..30d",
    "range=2026-11-02..2026-11-01",
  ])("does not stumble over %s", (query) => {
    expect(read(query).misread).toHaveLength(1);
  });

  it("keeps the usual out of the URL, and what is others'", () => {
    const current = new URLSearchParams("view=table&feature=a&feature=b&compare=1");
    const next = writeFields(FIELDS, current, { view: "chart", range: "7d" });
    expect(next.toString()).toBe("feature=a&feature=b&compare=1&range=7d");
  });

  it("reads what it wrote", () => {
    const changes = { view: "table", compare: true, search: "a & b=c", range: "month" } as const;
    const written = writeFields(FIELDS, new URLSearchParams(), changes);
    expect(readFields(FIELDS, written)).toEqual({ values: changes, misread: [] });
  });
});
