import { describe, expect, it } from "vitest";
import { bodyOf, emptyForm, FORM } from "./correction";
import { liveEvent } from "./example";
import { stateOf } from "./event-row";
import { explainRule } from "./price-rule";

describe("a price rule", () => {
  it("is told part by part", () => {
    expect(explainRule("openai:dated,standard_rate")).toEqual([
      "Found without the date at the end of its name, or with the date written another way",
      "Priced as openai prices it, whose models this provider sells",
      "At the standard rate, because there is none for the way it was processed",
    ]);
    expect(explainRule("mapping:exact,0.85_of_price_123")[2]).toBe("0.85 times price 123");
    expect(explainRule("something_new")).toEqual(["something_new"]);
  });
});

describe("the state of a call", () => {
  it("names what failed and what is not known, and nothing where all is well", () => {
    const words = (over: Parameters<typeof liveEvent>[0]) =>
      stateOf(liveEvent(over)).map(({ word }) => word);
    expect(words({})).toEqual([]);
    expect(words({ status: "error", price_status: "free" })).toEqual(["Failed"]);
    expect(words({ status: "aborted", price_status: "estimated" })).toEqual([
      "Broken off",
      "Estimated",
    ]);
    expect(words({ price_status: "unpriced" })).toEqual(["No price"]);
    expect(words({ billing: "subscription" })).toEqual(["Subscription"]);
  });
});

describe("a correction", () => {
  it("states what was filled in, as whole numbers", () => {
    const form = FORM.parse({ ...emptyForm(), input_tokens: "1,200", reason: " Invoice " });
    expect(bodyOf(form)).toEqual({ input_tokens: 1200, reason: "Invoice" });
  });

  it("needs a total and a reason, and no other words", () => {
    const wrong = FORM.safeParse({ ...emptyForm(), output_tokens: "12.5" });
    expect(wrong.error?.issues.map(({ path }) => path[0])).toEqual(["output_tokens", "reason"]);
    const none = FORM.safeParse({ ...emptyForm(), cache_read_tokens: "5", reason: "x" });
    expect(none.error?.issues.map(({ path }) => path[0])).toEqual(["input_tokens"]);
  });
});
