import { expect, it } from "vitest";
import { fieldsOf, modelOf } from "./letter";

it("names the model as far as the event does", () => {
  expect(modelOf({ provider: "openai", model: "gpt-4o" })).toBe("openai/gpt-4o");
  expect(modelOf({ model: "gpt-4o", provider: 7 })).toBe("gpt-4o");
  expect(modelOf({ body: "not JSON" })).toBe("an entry that could not be read");
});

it("shows whatever stands in a field", () => {
  expect(
    fieldsOf({ model: "<script>", input_tokens: 10, tags: { plan: "…" }, user: null }),
  ).toEqual([
    ["model", "<script>"],
    ["input_tokens", "10"],
    ["tags", '{"plan":"…"}'],
    ["user", "null"],
  ]);
});
