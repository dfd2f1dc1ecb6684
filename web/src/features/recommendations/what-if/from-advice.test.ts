import { describe, expect, it } from "vitest";
import type { Recommendation } from "../reads";
import { whatIfQuery } from "./from-advice";

const advice = (kind: Recommendation["kind"], evidence: Record<string, unknown>) =>
  ({ kind, evidence }) as unknown as Recommendation;
const events = "/api/costs?provider=openai&model=gpt-4&from=2026-11-01&to=2026-12-01";

describe("from advice to the what-if table", () => {
  it("takes the alternatives, and the model itself to compare with", () => {
    const query = whatIfQuery(
      advice("switch_model", {
        provider: "openai",
        model: "gpt-4",
        to: "gpt-4o",
        alternatives: [{ model: "gpt-4-turbo" }, { model: "gpt-4o" }],
        events,
      }),
      "UTC",
    );
    const asked = new URLSearchParams(query ?? "");
    expect(asked.getAll("on")).toEqual(["openai/gpt-4o", "openai/gpt-4-turbo", "openai/gpt-4"]);
    expect(asked.get("model")).toBe("gpt-4");
    expect(asked.get("range")).toBe("2026-11-01..2026-11-30");
    expect(asked.get("show")).toBe("what-if");
  });

  it("prices batches on the model itself, and other providers on theirs", () => {
    const batch = whatIfQuery(
      advice("use_batch", { provider: "openai", model: "gpt-4", events }),
      "UTC",
    );
    expect(new URLSearchParams(batch ?? "").get("processing")).toBe("batch");
    const other = whatIfQuery(
      advice("try_provider", {
        provider: "openai",
        to: "google",
        models: [{ model: "gpt-4", to: "gemini" }],
        events,
      }),
      "UTC",
    );
    expect(new URLSearchParams(other ?? "").getAll("on")).toEqual(["google/gemini"]);
  });

  it("has nothing to compare where models are not the matter", () => {
    expect(whatIfQuery(advice("failed_calls", { model: "gpt-4", events }), "UTC")).toBeNull();
  });
});
