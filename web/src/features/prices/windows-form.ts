/** Rates of times of the UTC day in the form of a price. */
import { z } from "zod";
import type { Rates, Window } from "@/lib/price-document";
import { ratesFormOf, ratesOf, STATED, tierFormsOf, TIERS, tiersOf } from "./rates-form";

/** As many times as the API takes. */
export const MAX_WINDOWS = 24;
/** The days of the week, Monday first, as the boxes have them. */
export const WEEK = ["1", "2", "3", "4", "5", "6", "7"] as const;

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "A time of day, such as 22:00.");
const WINDOW = z.object({
  from: time,
  until: time,
  days: z.array(z.string()).min(1, "At least one day."),
  tokens: STATED,
  tiers: TIERS,
});
export const WINDOWS = z.array(WINDOW);

export type WindowForm = z.input<typeof WINDOW>;

export const NO_WINDOW: WindowForm = {
  from: "",
  until: "",
  days: [...WEEK],
  tokens: ratesFormOf(),
  tiers: [],
};

export function windowFormsOf(windows: readonly Window[] = []): WindowForm[] {
  return windows.map(({ from, until, days, tokens, tiers }) => ({
    from,
    until,
    days: days?.map(String) ?? [...WEEK],
    tokens: ratesFormOf(tokens),
    tiers: tierFormsOf(tiers ?? []),
  }));
}

/** Return windows as the API takes them. Sizes within one state what that one states. */
export function windowsOf(forms: readonly WindowForm[], otherwise: Rates) {
  return forms.map(({ from, until, days, tokens: stated, tiers }) => {
    const tokens = ratesOf(stated, otherwise);
    return {
      from,
      until,
      ...(days.length < WEEK.length ? { days: days.map(Number) } : {}),
      tokens,
      ...(tiers.length > 0 ? { tiers: tiersOf(tiers, tokens) } : {}),
    };
  });
}
