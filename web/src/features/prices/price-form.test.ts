import { describe, expect, it } from "vitest";
import { price } from "./example";
import { bodyOf, FORM, formOf, instantOf, type PriceForm } from "./price-form";

const NEW = { kind: "new" } as const;
const filled = (over: Partial<PriceForm>): PriceForm => ({
  ...formOf(NEW, "UTC"),
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
    expect(bodyOf(form, "UTC", NEW, false)).toEqual({
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
    expect(bodyOf(form, "Europe/Berlin", NEW, false)).toMatchObject({
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
    expect(formOf(start, "UTC")).toMatchObject({
      tier: "flex",
      region: "us",
      input: "2.5",
      web_searches: "10",
      note: "Contract",
    });
    const discount = { ...start, price: price({ rates: { factor: "0.875" } }) };
    expect(formOf(discount, "UTC")).toMatchObject({ kind: "discount", discount: "12.5" });
  });

  it("keeps what the form has no fields for, unless that is let go", () => {
    const kept = { classifications: { usd: "1" }, web_searches: { usd: "10", per: 1000 } };
    const form = formOf(start, "UTC");
    expect(bodyOf(form, "UTC", start, true)).toMatchObject({ tiers, units: kept });
    const without = bodyOf(form, "UTC", start, false);
    expect(without).toMatchObject({ units: kept });
    expect(without).not.toHaveProperty("tiers");
  });

  it("can correct the same beginning, or hold for all that was", () => {
    const since = (value: PriceForm["since"]) =>
      bodyOf({ ...formOf(start, "UTC"), since: value }, "UTC", start, false).valid_from;
    expect(since("same")).toBe("2026-11-01T00:00:00Z");
    expect(since("all")).toBe("2020-01-01T00:00:00Z");
    expect(since("now")).toBeUndefined();
  });

  it("ends when the one before did, to the second, unless somebody says otherwise", () => {
    const until = "2026-12-31T22:59:59Z";
    const ending = { ...start, price: { ...start.price, stated_until: until, valid_until: until } };
    const form = formOf(ending, "Europe/Berlin");
    expect(form.until).toBe("2026-12-31T23:59");
    const end = (over: Partial<PriceForm>) =>
      bodyOf({ ...form, ...over }, "Europe/Berlin", ending, false).valid_until;
    expect(end({})).toBe(until);
    expect(end({ until: "2026-12-31T23:58" })).toBe("2026-12-31T22:58:00.000Z");
    expect(end({ until: "" })).toBeUndefined();
  });

  it("has no end of its own where the one before had none but the next price", () => {
    const until = "2027-01-01T00:00:00Z";
    const followed = { ...start, price: { ...start.price, valid_until: until } };
    expect(formOf(followed, "UTC").until).toBe("");
    expect(bodyOf(formOf(followed, "UTC"), "UTC", followed, false).valid_until).toBeUndefined();
  });

  it("of a price that is still to come or has ended begins when that one does", () => {
    const at = (effective: boolean) =>
      formOf({ ...start, price: { ...start.price, effective } }, "UTC").since;
    expect(at(true)).toBe("now");
    expect(at(false)).toBe("same");
  });
});
