/**
 * What each class of tokens of a call cost, by the rates of the price that it was charged by. It is worked
 * out only where the parts add up to what the server charged, to the last digit.
 */
import Big from "big.js";
import { sum, type Money } from "@/lib/money";
import type { PriceDocument, Rates, Window } from "@/lib/price-document";
import { TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";
import type { CostEvent } from "./question";

export interface Part {
  class: TokenClass;
  tokens: number;
  /** USD a million; null where it is not known which rate was charged. */
  rate: Money | null;
  cost: Money | null;
}

// As the server has it: a class without a rate is charged at the class that it is a part of.
const PARENTS: Readonly<Partial<Record<TokenClass, readonly TokenClass[]>>> = {
  cache_read: ["input"],
  cache_write_5m: ["input"],
  cache_write_1h: ["cache_write_5m", "input"],
  input_audio: ["input"],
  cache_audio_read: ["cache_read", "input_audio", "input"],
  input_image: ["input"],
  output_audio: ["output"],
  output_image: ["output"],
};
const DECIMALS = 12;

/** Return the classes that a call used, each with its cost where all of them are certain. */
export function partsOf(event: CostEvent, rates: object | null): Part[] {
  const used = TOKEN_CLASSES.flatMap((name) => {
    const tokens = event.tokens[name];
    return tokens === null || tokens === 0 ? [] : [{ class: name, tokens }];
  });
  const unknown = used.map((part) => ({ ...part, rate: null, cost: null }));
  if (rates === null || event.computed_cost === null) return unknown;
  const chosen = ratesFor(rates, event);
  if (chosen === null) return unknown;
  const parts: Part[] = [];
  for (const part of used) {
    const rate = rateOf(part.class, chosen);
    if (rate === null) return unknown;
    parts.push({ ...part, rate, cost: new Big(rate).times(part.tokens).div(1_000_000).toFixed() });
  }
  const total = new Big(sum(parts.flatMap(({ cost }) => cost ?? [])));
  return total.round(DECIMALS, Big.roundHalfEven).eq(event.computed_cost) ? parts : unknown;
}

/** Return the rates of the time and size of a call; null where the price is stated by another one. */
function ratesFor(document: PriceDocument, event: CostEvent): Rates | null {
  if (document.factor !== undefined) return null;
  const at = new Date(event.timestamp);
  const window = document.windows?.find((each) => isInside(each, at));
  const base = window ?? document;
  const tier = [...(base.tiers ?? [])]
    .sort((one, other) => other.above - one.above)
    .find(({ above }) => (event.input_tokens ?? 0) > above);
  return (tier ?? base).tokens ?? null;
}

function rateOf(name: TokenClass, rates: Rates): Money | null {
  for (const each of [name, ...(PARENTS[name] ?? [])]) {
    const rate = rates[each];
    if (rate !== undefined) return rate;
  }
  return null;
}

/** Say whether an instant lies in a window of the UTC day; the day that counts is the one it begins on. */
function isInside({ from, until, days }: Window, at: Date): boolean {
  const time = at.toISOString().slice(11, 16);
  const today = at.getUTCDay() === 0 ? 7 : at.getUTCDay();
  const on = (day: number) => days?.includes(day) ?? true;
  if (from < until) return from <= time && time < until && on(today);
  if (time >= from) return on(today);
  return time < until && on(today === 1 ? 7 : today - 1);
}
