import { describe, expect, it } from "vitest";
import { readFields, writeFields } from "@/lib/url-state";
import { isKept } from "@/lib/kept";
import { daysBefore, eventsLink, priceLink, type Question } from "./question";
import { dimensionsOf, FIELDS, nextGrouping } from "./state";

const question: Question = {
  range: "30d",
  days: { from: "2026-10-30", to: "2026-11-29" },
  zone: "UTC",
  tz: "",
  filters: {},
  dimensions: ["feature"],
};

describe("the state in the URL", () => {
  it("comes back as it was written", () => {
    const changes = {
      tab: "traces" as const,
      range: "7d" as const,
      tz: "Asia/Kathmandu",
      by: "tag.tier",
      and: "model",
      compare: true,
      unit: "hour" as const,
      sort: { column: "change" as const, descending: false },
    };
    const query = writeFields(FIELDS, new URLSearchParams(), changes);
    const { values, misread } = readFields(FIELDS, query);
    expect(misread).toEqual([]);
    expect(values).toMatchObject(changes);
  });

  it("falls back where it is nonsense, and says where", () => {
    const query = new URLSearchParams(
      "range=x&tz=Mars/Base&by=select&and=tag.&compare=maybe&unit=week&sort=spend.up&tab=x",
    );
    const { values, misread } = readFields(FIELDS, query);
    expect(misread.sort()).toEqual(["and", "by", "compare", "range", "sort", "tab", "tz", "unit"]);
    expect(values.by).toBe("model");
    expect(values.sort).toEqual({ column: "spend", descending: true });
  });

  it("groups by one dimension where both are the same", () => {
    expect(dimensionsOf({ by: "model", and: "model" })).toEqual(["model"]);
    expect(dimensionsOf({ by: "model", and: "user" })).toEqual(["model", "user"]);
  });
});

describe("the ways on", () => {
  it("group by what is not settled yet", () => {
    expect(nextGrouping({})).toBe("model");
    expect(nextGrouping({ model: ["a"] })).toBe("feature");
    expect(nextGrouping({ model: ["a", "b"], feature: ["c"] })).toBe("model");
  });

  it("lead to the calls with all filters, and names as they are", () => {
    const link = eventsLink(
      3,
      { ...question, tz: "Asia/Tokyo", filters: { model: ["a&b"] } },
      { feature: "x=1" },
    );
    expect(link).toBe("/w/3/events?range=30d&tz=Asia%2FTokyo&model=a%26b&feature=x%3D1");
  });

  it("lead to the price of a model, or to the book where it has several providers", () => {
    expect(priceLink(1, "openai", "gpt-4o")).toBe("/w/1/prices/model?provider=openai&model=gpt-4o");
    expect(priceLink(1, null, "gpt-4o")).toBe("/w/1/prices?search=gpt-4o");
  });
});

describe("what is kept together", () => {
  it("knows which questions need no look at single calls", () => {
    expect(isKept(["model", "environment", "api_key"], false)).toBe(true);
    expect(isKept(["feature", "model"], true)).toBe(true);
    expect(isKept(["feature", "model"], false)).toBe(false);
    expect(isKept(["feature", "customer"], true)).toBe(false);
    expect(isKept(["feature", "environment"], true)).toBe(false);
    expect(isKept(["status"], true)).toBe(false);
  });

  it("compares whole days where a time of day would need that", () => {
    expect(daysBefore(question)).toEqual({ from: "2026-09-30", to: "2026-10-30" });
  });
});
