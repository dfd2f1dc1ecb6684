/** Made-up prices for tests. */
import type { PastPrice } from "./history";

export function price(over: Partial<PastPrice>): PastPrice {
  return {
    id: 1,
    layer: "catalogue",
    provider: "openai",
    model: "gpt-4o",
    context: "",
    valid_from: null,
    valid_until: null,
    stated_until: null,
    rates: { tokens: { input: "2.5", output: "10" } },
    source: "list",
    recorded_at: "2026-01-01T00:00:00Z",
    effective: true,
    replaced: false,
    withdrawn: false,
    ...over,
  };
}
