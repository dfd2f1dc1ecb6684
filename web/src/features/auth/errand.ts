/** What somebody came for, kept in this tab while another site signs them in. */
import { ownPath } from "@/lib/own-path";

const KEY = "llmlab.errand";

export interface Errand {
  from: string | null;
  invitation: string | null;
}

export function keepErrand(errand: Errand): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(errand));
  } catch {
    // Then they arrive at the overview.
  }
}

export function takeErrand(): Errand {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    sessionStorage.removeItem(KEY);
    return {
      from: ownPath(kept.from),
      invitation: typeof kept.invitation === "string" ? kept.invitation : null,
    };
  } catch {
    return { from: null, invitation: null };
  }
}
