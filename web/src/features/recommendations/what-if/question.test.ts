import { describe, expect, it } from "vitest";
import { readFields } from "@/lib/url-state";
import { FIELDS, isTarget, whatIfRequest } from "./question";
import { searchOf } from "./search";

describe("the question of the what-if table", () => {
  it("tells the model that calls used from those they are priced on", () => {
    const request = whatIfRequest({
      on: ["openai/gpt-4o", "anthropic/claude"],
      processing: "batch",
      days: { from: "2026-11-01", to: "2026-12-01" },
      zone: "UTC",
      filters: { model: ["gpt-4"], feature: ["a", "b"] },
    });
    expect(request).toEqual({
      model: "openai/gpt-4o,anthropic/claude",
      of_model: "gpt-4",
      feature: ["a", "b"],
      processing: "batch",
      from: "2026-11-01",
      to: "2026-12-01",
      tz: "UTC",
    });
  });

  it("reads its URL, and names what is nonsense there", () => {
    const read = (query: string) => readFields(FIELDS, new URLSearchParams(query));
    expect(read("on=openai/gpt-4o&on=openai/gpt-4o").values.on).toEqual(["openai/gpt-4o"]);
    expect(read("on=nonsense&processing=x&range=y").misread).toEqual(["on", "processing", "range"]);
    const many = Array.from({ length: 21 }, (_, n) => `on=p/m${n}`).join("&");
    expect(read(many).misread).toEqual(["on"]);
  });

  it("knows what can be asked for", () => {
    expect(isTarget("aws/anthropic.claude-v2:1")).toBe(true);
    expect(isTarget("together/meta/llama")).toBe(true);
    expect(isTarget("/x")).toBe(false);
    expect(isTarget("a/b,c")).toBe(false);
  });

  it("finds models by how they begin", () => {
    expect(searchOf("gpt-4")).toEqual({ model: "gpt-4*" });
    expect(searchOf("openai/gpt*")).toEqual({ provider: "openai", model: "gpt*" });
    expect(searchOf("openai/")).toEqual({ provider: "openai" });
    expect(searchOf("")).toEqual({});
  });
});
