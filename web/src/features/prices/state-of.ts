/** How a price of one's own stands to the time. */
import type { Tone } from "@/components/ui/badge";
import type { Price } from "./use-price-pages";

export type State = "comes" | "holds" | "ended";

export const STATES: Readonly<Record<State, { tone: Tone; children: string }>> = {
  comes: { tone: "accent", children: "To come" },
  holds: { tone: "good", children: "In force" },
  ended: { tone: "neutral", children: "Ended" },
};

/** Return how a price of one's own stood when it was read: nothing of the workspace's own goes before it. */
export function stateOf(
  { effective, valid_from: begins }: Pick<Price, "effective" | "valid_from">,
  read: number,
): State {
  if (effective) return "holds";
  return begins !== null && Date.parse(begins) > read ? "comes" : "ended";
}
