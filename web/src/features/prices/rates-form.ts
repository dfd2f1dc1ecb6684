/** Rates in a form: a price's own, and those that take their place above sizes of the input. */
import { z } from "zod";
import { count } from "@/lib/numbers";
import type { Rates, Tier } from "@/lib/price-document";
import { TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";

/** As many sizes as the API takes. */
export const MAX_TIERS = 16;
const MAX_TOKENS = 10 ** 12;
// Digits, in groups of three if in groups: "2,5" is a slip, not 25.
const SIZE = /^(\d{1,13}|\d{1,3}(,\d{3}){1,4}|\d{1,3}( \d{3}){1,4})$/;
const NOT_AN_AMOUNT = "An amount in USD, such as 2.50.";
export const NO_RATE = "State at least one rate.";

const amount = z
  .string()
  .transform((text) => text.replaceAll(/[\s$]/g, ""))
  .refine((text) => text === "" || /^\d{1,9}(\.\d{1,12})?$/.test(text), NOT_AN_AMOUNT);

/** Fields of amounts, any of which may be empty. */
export function amounts<K extends string>(names: readonly K[]) {
  return Object.fromEntries(names.map((each) => [each, amount])) as Record<K, typeof amount>;
}

export const RATES = z.object(amounts(TOKEN_CLASSES));
export const STATED = RATES.refine((rates) => !isEmpty(rates), { path: ["input"], error: NO_RATE });

const TIER = z.object({
  above: z
    .string()
    .trim()
    .regex(SIZE, "A number of tokens, such as 200,000.")
    .transform((text) => count(sizeOf(text)))
    .refine((text) => sizeOf(text) <= MAX_TOKENS, `At most ${count(MAX_TOKENS)}.`),
  tokens: STATED,
});

/** Rates above sizes; sound ones come out with the smallest size first. */
export const TIERS = z
  .array(TIER)
  .superRefine((tiers, context) => {
    const message = "There are rates above this size already.";
    tiers.forEach(({ above }, place) => {
      if (tiers.findIndex((each) => each.above === above) < place)
        context.addIssue({ code: "custom", path: [place, "above"], message });
    });
  })
  .transform((tiers) => tiers.toSorted((one, other) => sizeOf(one.above) - sizeOf(other.above)));

export type RatesForm = z.input<typeof RATES>;
export type TierForm = z.input<typeof TIER>;

export function isEmpty(rates: RatesForm): boolean {
  return TOKEN_CLASSES.every((each) => rates[each] === "");
}

export function ratesFormOf(rates: Rates = {}): RatesForm {
  return Object.fromEntries(TOKEN_CLASSES.map((each) => [each, rates[each] ?? ""])) as Record<
    TokenClass,
    string
  >;
}

export function tierFormsOf(tiers: readonly Tier[] = []): TierForm[] {
  return tiers
    .toSorted((one, other) => one.above - other.above)
    .map(({ above, tokens }) => ({ above: count(above), tokens: ratesFormOf(tokens) }));
}

/**
 * Return the rates that are stated. What takes the place of other rates has to state all that they state: a
 * class that it leaves empty costs what it costs `otherwise`.
 */
export function ratesOf(form: RatesForm, otherwise: Rates = {}): Rates {
  return Object.fromEntries(
    TOKEN_CLASSES.flatMap((each) => {
      const rate = form[each] === "" ? otherwise[each] : form[each];
      return rate === undefined ? [] : [[each, rate]];
    }),
  );
}

export function tiersOf(forms: readonly TierForm[], otherwise: Rates): Tier[] {
  return forms.map(({ above, tokens }) => ({
    above: sizeOf(above),
    tokens: ratesOf(tokens, otherwise),
  }));
}

function sizeOf(text: string): number {
  return Number(text.replaceAll(/[\s,]/g, ""));
}
