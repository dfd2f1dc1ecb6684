/** How messages stand on their way, in words. */
import type { Schemas } from "@llmlab/client";
import type { Tone } from "@/components/ui/badge";
import { ago } from "@/lib/times";

export type Delivery = Schemas["Delivery"];

export interface Standing {
  tone: Tone;
  word: string;
  /** Why it is not there; null where there is nothing to explain. */
  why: string | null;
}

/** Say how a delivery stands. */
export function tellDelivery(delivery: Delivery, now: number = Date.now()): Standing {
  const { status, paused, last_error: why, next_attempt_at: next, sent_at } = delivery;
  if (status === "sent") {
    return {
      tone: "good",
      word: sent_at === null ? "Sent" : `Sent ${ago(sent_at, now)}`,
      why: null,
    };
  }
  if (status === "failed") return { tone: "bad", word: "Failed", why };
  if (paused) return { tone: "neutral", word: "Waits: the channel is paused", why };
  if (isFirstTry(delivery)) return { tone: "neutral", word: "On its way", why: null };
  const wait = next === null ? "" : `, next try ${until(next, now)}`;
  return { tone: "warn", word: `Not there yet${wait}`, why };
}

/** Say whether nothing is known yet: what has failed once is told, though it is tried again. */
export function isPending(delivery: Delivery): boolean {
  return delivery.status === "waiting" && !delivery.paused && isFirstTry(delivery);
}

// An attempt counts as soon as it begins; only when it has failed there is a reason.
function isFirstTry({ attempts, last_error: why }: Delivery): boolean {
  return attempts === 0 || (attempts === 1 && why === null);
}

function until(iso: string, now: number): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  if (seconds <= 1) return "now";
  if (seconds < 90) return `in ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`;
}
