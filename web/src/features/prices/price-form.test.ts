import { describe, expect, it } from "vitest";
import { price } from "./example";
import { bodyOf, FORM, formOf, instantOf, type PriceForm } from "./price-form";

const NEW = { kind: "new" } as const;
const filled = (over: Partial<PriceForm>): PriceForm => ({
  ...formOf(NEW),
  provider: "openai",
  model: "gpt-4o",
  input: "2.5",
  ...over,
});
const wrong = (over: Partial<PriceForm>) =>
  FORM.safeParse(filled(over)).error?.issues.map(({ path }) => path[0]) ?? [];

describe("the form of a price", () => {
  it("takes amounts as people write them and sends them as they are", () => {
    const form = FORM.parse(filled({ input: " $ 2.50", output: "0.000000000001" }));
    expect(bodyOf(form, "UTC", NEW, null)).toEqual({
      provider: "openai",
      model: "gpt-4o",
      context: "",
      note: "",
      tokens: { input: "2.50", output: "0.000000000001" },
    });
  });

  it("names the field that is wrong", () => {
    expect(wrong({ input: "2,5" })).toEqual(["input"]);
    expect(wrong({ input: "-1" })).toEqual(["input"]);
    expect(wrong({ input: "" })).toEqual(["input"]);
    expect(wrong({ model: "*" })).toEqual(["model"]);
    expect(wrong({ provider: " " })).toEqual(["provider"]);
    expect(wrong({ since: "date" })).toEqual(["from"]);
    expect(wrong({ kind: "discount", discount: "101" })).toEqual(["discount"]);
    expect(wrong({ kind: "discount", discount: "much" })).toEqual(["discount"]);
    expect(wrong({ kind: "discount", discount: "-12.5", model: "*" })).toEqual([]);
  });

  it("asks for a discount, a context and a period in the workspace's zone", () => {
    const form = filled({
      kind: "discount",
      discount: "12.5",
      model: "*",
      tier: "batch",
      region: "eu",
      since: "date",
      from: "2026-11-01T00:00",
      until: "2026-12-01T00:00",
    });
    expect(bodyOf(form, "Europe/Berlin", NEW, null)).toMatchObject({
      discount_percent: "12.5",
      context: "batch@eu",
      valid_from: "2026-10-31T23:00:00.000Z",
      valid_until: "2026-11-30T23:00:00.000Z",
    });
  });

  it("reads times as they are in summer and winter", () => {
    expect(instantOf("2026-07-01T12:00", "America/New_York")).toBe("2026-07-01T16:00:00.000Z");
    expect(instantOf("2026-12-01T12:00", "America/New_York")).toBe("2026-12-01T17:00:00.000Z");
  });
});

describe("a new version of a price", () => {
  const tiers = [{ above: 200000, tokens: { input: "5" } }];
  const units = { web_searches: { usd: "0.01" }, classifications: { usd: "1" } };
  const start = {
    kind: "edit",
    price: price({
      layer: "custom",
      context: "flex@us",
      valid_from: "2026-11-01T00:00:00Z",
      source: "Contract",
      rates: { tokens: { input: "2.5" }, units, tiers },
    }),
  } as const;

  it("begins with what holds, each fee for as many as the form says", () => {
    expect(formOf(start)).toMatchObject({
      tier: "flex",
      region: "us",
      input: "2.5",
      web_searches: "10",
      note: "Contract",
    });
    const discount = { ...start, price: price({ rates: { factor: "0.875" } }) };
    expect(formOf(discount)).toMatchObject({ kind: "discount", discount: "12.5" });
  });

  it("keeps what the form has no fields for, unless that is let go", () => {
    const { rates } = start.price;
    expect(bodyOf(formOf(start), "UTC", start, rates)).toMatchObject({
      tiers,
      units: { classifications: { usd: "1" }, web_searches: { usd: "10", per: 1000 } },
    });
    expect(bodyOf(formOf(start), "UTC", start, null)).not.toHaveProperty("tiers");
  });

  it("can correct the same beginning, or hold for all that was", () => {
    const since = (value: PriceForm["since"]) =>
      bodyOf({ ...formOf(start), since: value }, "UTC", start, null).valid_from;
    expect(since("same")).toBe("2026-11-01T00:00:00Z");
    expect(since("all")).toBe("2020-01-01T00:00:00Z");
    expect(since("now")).toBeUndefined();
  });
});
