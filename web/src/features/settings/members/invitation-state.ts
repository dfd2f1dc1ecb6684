import type { Tone } from "@/components/ui/badge";

interface Dates {
  accepted_at: string | null;
  expires_at: string;
}

/** Say what became of an invitation. */
export function stateOf(
  { accepted_at: accepted, expires_at: expires }: Dates,
  now: number = Date.now(),
): { word: "Open" | "Accepted" | "Expired"; tone: Tone } {
  if (accepted !== null) return { word: "Accepted", tone: "good" };
  if (Date.parse(expires) <= now) return { word: "Expired", tone: "neutral" };
  return { word: "Open", tone: "accent" };
}
