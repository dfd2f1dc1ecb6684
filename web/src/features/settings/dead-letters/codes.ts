/** What letters died of, a line a code: all letters of a code are replayed and dropped together. */
import type { Schemas } from "@llmlab/client";

type Reason = Schemas["DeathReason"];

export interface Code {
  code: string;
  /** In words, the most frequent first. */
  reasons: string[];
  letters: number;
  last: string;
}

/** Put the reasons of each code together, the most frequent code first. */
export function byCode(reasons: readonly Reason[]): Code[] {
  const codes = new Map<string, Code>();
  for (const { code, reason, letters, last } of reasons) {
    const same = codes.get(code);
    if (same === undefined) {
      codes.set(code, { code, reasons: [reason], letters, last });
      continue;
    }
    same.reasons.push(reason);
    same.letters += letters;
    if (Date.parse(last) > Date.parse(same.last)) same.last = last;
  }
  return [...codes.values()].sort((one, other) => other.letters - one.letters);
}
