/** What a version of a price says: the `rates` of the API's prices, which docs/prices.md describes. */
import type { Money } from "./money";
import type { TokenClass } from "./token-classes";

/** USD a million tokens. */
export type Rates = Readonly<Partial<Record<TokenClass, Money>>>;

/** Rates of the whole request when its input is larger. */
export interface Tier {
  above: number;
  tokens: Rates;
}

/** Rates of a time of the UTC day; `days` are those on which it begins, Monday is 1. */
export interface Window {
  from: string;
  until: string;
  days?: readonly number[] | null;
  tokens: Rates;
  tiers?: readonly Tier[] | null;
}

export interface Fee {
  usd: Money;
  per?: number;
}

export interface PriceDocument {
  tokens?: Rates;
  tiers?: readonly Tier[];
  units?: Readonly<Record<string, Fee>>;
  windows?: readonly Window[];
  /** In place of all these: so much of what would hold without it. */
  factor?: Money;
}

/** Return a version's document; the API's types leave it open. */
export function documentOf(rates: Readonly<Record<string, unknown>>): PriceDocument {
  return rates;
}
