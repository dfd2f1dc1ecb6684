import type { Summary } from "@/api/costs";
import { CLASS_NAMES, TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";

export interface TokenShare {
  name: TokenClass;
  words: string;
  tokens: number;
  fraction: number;
}

/** Return the classes that have tokens, as shares of all; null where only the totals are kept. */
export function tokenShares({ tokens }: Summary): TokenShare[] | null {
  const known = TOKEN_CLASSES.map((name) => ({ name, tokens: tokens[name] }));
  if (known.every(({ tokens: some }) => some === null)) return null;
  const all = known.reduce((total, { tokens: some }) => total + (some ?? 0), 0);
  return known.flatMap(({ name, tokens: some }) =>
    some === null || some === 0
      ? []
      : [{ name, words: CLASS_NAMES[name], tokens: some, fraction: some / all }],
  );
}

/** Return the part of the input that came from a cache; null without input, or where it is not kept. */
export function cacheHits({ tokens }: Summary): number | null {
  const { cache_read: text, cache_audio_read: audio, input_tokens: input } = tokens;
  if (text === null || input === null || input === 0) return null;
  return (text + (audio ?? 0)) / input;
}
