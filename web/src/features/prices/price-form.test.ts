import { describe, expect, it } from "vitest";
import { price } from "./example";
import { bodyOf, fieldOf, FORM, formOf, instantOf, type PriceForm } from "./price-form";
import { ratesFormOf } from "./rates-form";
import { NO_WINDOW } from "./windows-form";

const NEW = { kind: "new" } as const;
const filled = (over: Partial<PriceForm>): PriceForm => ({
  ...formOf(NEW, "UTC"),
  provider: "openai",
  model: "gpt-4o",
  tokens: ratesFormOf({ input: "2.5" }),
  ...over,
});
const wrong = (over: Partial<PriceForm>) =>
  FORM.safeParse(filled(over)).error?.issues.map(({ path }) => path.join(".")) ?? [];
const tokens = ratesFormOf;

describe("the form of a price", () => {
  it("takes amounts as people write them and sends them as they are", () => {
    const form = FORM.parse(
      filled({ tokens: tokens({ input: " $ 2.50", output: "0.000000000001" }) }),
    );
    expect(bodyOf(form, "UTC", NEW)).toEqual({
      provider: "openai",
      model: "gpt-4o",
      context: "",
      note: "",
      tokens: { input: "2.50", output: "0.000000000001" },
    });
  });

  it("names the field that is wrong", () => {
    expect(wrong({ tokens: tokens({ input: "2,5" }) })).toEqual(["tokens.input"]);
    expect(wrong({ tokens: tokens({ input: "-1" }) })).toEqual(["tokens.input"]);
    expect(wrong({ tokens: tokens({ input: "" }) })).toEqual(["tokens.input"]);
    expect(wrong({ model: "*" })).toEqual(["model"]);
    expect(wrong({ provider: " " })).toEqual(["provider"]);
    expect(wrong({ since: "date" })).toEqual(["from"]);
    expect(wrong({ kind: "discount", discount: "101" })).toEqual(["discount"]);
    expect(wrong({ kind: "discount", discount: "much" })).toEqual(["discount"]);
    expect(wrong({ kind: "discount", discount: "-12.5", model: "*" })).toEqual([]);
    // Beside a discount nobody sees the rates.
    const unseen = {
      tokens: tokens({ input: "x" }),
      pages: "y",
      tiers: [{ above: "", tokens: tokens() }],
      windows: [NO_WINDOW],
    };
    expect(wrong({ kind: "discount", discount: "5", ...unseen })).toEqual([]);
  });

  it("asks for a discount, a context and a period in the workspace's zone", () => {
    const form = filled({
      kind: "discount",
      discount: "12.5",
      model: "*",
      processing: "batch",
      region: "eu",
      since: "date",
      from: "2026-11-01T00:00",
      until: "2026-12-01T00:00",
    });
    expect(bodyOf(form, "Europe/Berlin", NEW)).toMatchObject({
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
  const units = { web_searches: { usd: "0.01" }, classifications: { usd: "1" } };
  const start = {
    kind: "edit",
    price: price({
      layer: "custom",
      context: "flex@us",
      valid_from: "2026-11-01T00:00:00Z",
      source: "Contract",
      rates: { tokens: { input: "2.5" }, units },
    }),
  } as const;

  it("begins with what holds, each fee for as many as the form says", () => {
    expect(formOf(start, "UTC")).toMatchObject({
      processing: "flex",
      region: "us",
      tokens: { input: "2.5" },
      web_searches: "10",
      note: "Contract",
    });
    const discount = { ...start, price: price({ rates: { factor: "0.875" } }) };
    expect(formOf(discount, "UTC")).toMatchObject({ kind: "discount", discount: "12.5" });
  });

  it("keeps the fees that the form has no fields for", () => {
    const kept = { classifications: { usd: "1" }, web_searches: { usd: "10", per: 1000 } };
    expect(bodyOf(formOf(start, "UTC"), "UTC", start).units).toEqual(kept);
  });

  it("can correct the same beginning, or hold for all that was", () => {
    const since = (value: PriceForm["since"]) =>
      bodyOf({ ...formOf(start, "UTC"), since: value }, "UTC", start).valid_from;
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
      bodyOf({ ...form, ...over }, "Europe/Berlin", ending).valid_until;
    expect(end({})).toBe(until);
    expect(end({ until: "2026-12-31T23:58" })).toBe("2026-12-31T22:58:00.000Z");
    expect(end({ until: "" })).toBeUndefined();
  });

  it("has no end of its own where the one before had none but the next price", () => {
    const until = "2027-01-01T00:00:00Z";
    const followed = { ...start, price: { ...start.price, valid_until: until } };
    expect(formOf(followed, "UTC").until).toBe("");
    expect(bodyOf(formOf(followed, "UTC"), "UTC", followed).valid_until).toBeUndefined();
  });

  it("of a price that is still to come or has ended begins when that one does", () => {
    const at = (effective: boolean) =>
      formOf({ ...start, price: { ...start.price, effective } }, "UTC").since;
    expect(at(true)).toBe("now");
    expect(at(false)).toBe("same");
  });
});

describe("rates by size of the input and time of day", () => {
  const NIGHT = { from: "22:00", until: "06:00" };
  const LISTED = {
    tokens: { input: "1.25", cache_read: "0.125", output: "10" },
    tiers: [
      { above: 131072, tokens: { input: "2.50", cache_read: "0.250", output: "15.000000000001" } },
      {
        above: 1000000,
        tokens: { input: "5", cache_read: "0.5", output: "30", output_audio: "60" },
      },
    ],
    windows: [
      {
        ...NIGHT,
        days: [1, 5],
        tokens: { input: "1", cache_read: "0.10", output: "9" },
        tiers: [{ above: 5, tokens: { input: "2.0", cache_read: "0.2", output: "18" } }],
      },
      {
        from: "06:00",
        until: "08:00",
        tokens: { input: "1.1", cache_read: "0.11", output: "9.9" },
      },
    ],
  };
  const start = {
    kind: "model",
    provider: "openai",
    model: "gpt-4o",
    price: price({ rates: LISTED }),
  } as const;
  const sent = (form: PriceForm) => bodyOf(FORM.parse(form), "UTC", start);
  const time = (over: Partial<PriceForm["windows"][number]> = {}) => ({
    ...NO_WINDOW,
    ...NIGHT,
    tokens: tokens({ input: "1" }),
    ...over,
  });
  const tier = (above: string, rates: Parameters<typeof tokens>[0] = { input: "5" }) => ({
    above,
    tokens: tokens(rates),
  });

  it("of a listed price are sent as they are listed when nothing is changed", () => {
    const form = formOf(start, "UTC");
    expect(form.tiers.map(({ above }) => above)).toEqual(["131,072", "1,000,000"]);
    const { tokens: rates, tiers, windows } = sent(form);
    expect({ tokens: rates, tiers, windows }).toEqual(LISTED);
  });

  it("state what the price states where they are left empty", () => {
    const form = filled({
      tokens: tokens({ input: "$2", cache_read: "0.20", output: "8" }),
      tiers: [tier("200,000", { input: "4", input_audio: "9" })],
    });
    expect(sent(form).tiers).toEqual([
      {
        above: 200000,
        tokens: { input: "4", cache_read: "0.20", input_audio: "9", output: "8" },
      },
    ]);
  });

  it("state at a time of day what the price states, and by size within it what that time does", () => {
    const form = filled({
      tokens: tokens({ input: "2", output: "8" }),
      tiers: [tier("9", { input: "4", output: "16" })],
      windows: [time({ tiers: [tier("9", { output: "5" })] })],
    });
    expect(sent(form).windows).toEqual([
      {
        ...NIGHT,
        tokens: { input: "1", output: "8" },
        tiers: [{ above: 9, tokens: { input: "1", output: "5" } }],
      },
    ]);
  });

  it("are sent with the smallest size first, and not at all when the last is removed", () => {
    const above = (...sizes: string[]) =>
      sent(filled({ tiers: sizes.map((size) => tier(size)) })).tiers?.map((each) => each.above);
    expect(above(" 1 000 000", "0", "200,000", "1000")).toEqual([0, 1000, 200000, 1000000]);
    const none = sent({ ...formOf(start, "UTC"), tiers: [], windows: [] });
    expect(none).not.toHaveProperty("tiers");
    expect(none).not.toHaveProperty("windows");
  });

  it("are refused at the field that is wrong", () => {
    for (const size of ["", "-1", "2,5", "200k", "1.5", "1000000000001"]) {
      expect(wrong({ tiers: [tier("1"), tier(size)] })).toEqual(["tiers.1.above"]);
    }
    expect(wrong({ tiers: [tier("200,000"), tier("5"), tier("200000")] })).toEqual([
      "tiers.2.above",
    ]);
    expect(wrong({ tiers: [tier("5", {}), tier("", { output: "x" })] })).toEqual([
      "tiers.0.tokens.input",
      "tiers.1.above",
      "tiers.1.tokens.output",
    ]);
    const windows = [
      time({ from: "", tiers: [tier("k")] }),
      time({ until: "24:00", days: [], tokens: tokens() }),
    ];
    expect(wrong({ windows })).toEqual([
      "windows.0.from",
      "windows.0.tiers.0.above",
      "windows.1.until",
      "windows.1.days",
      "windows.1.tokens.input",
    ]);
    // They take the place of other rates, so there have to be some.
    expect(wrong({ tokens: tokens(), pages: "1", tiers: [tier("5")] })).toEqual(["tokens.input"]);
    expect(wrong({ tokens: tokens(), pages: "1", windows: [time()] })).toEqual(["tokens.input"]);
  });

  it("have the fields that the API names", () => {
    const form = filled({ tiers: [tier("5")], windows: [time({ tiers: [tier("5")] })] });
    const named = (field: string) => fieldOf(form, field);
    expect(named("tiers.0.above")).toBe("tiers.0.above");
    expect(named("tiers.0.tokens.output")).toBe("tiers.0.tokens.output");
    expect(named("tiers.0.tokens")).toBe("tiers.0.tokens");
    expect(named("tiers.1.above")).toBeNull();
    expect(named("windows.0.until")).toBe("windows.0.until");
    expect(named("windows.0.tiers.0.tokens.input")).toBe("windows.0.tiers.0.tokens.input");
    expect(named("tokens")).toBe("tokens.input");
    expect(named("units.pages.usd")).toBe("pages");
    expect(named("units.sources.usd")).toBeNull();
  });
});
