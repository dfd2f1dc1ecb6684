/** What the form of a budget holds, what is wrong with it, and what it asks of the API. */
import Big from "big.js";
import { z } from "zod";
import type { Dimension } from "@/lib/dimensions";
import { PERIODS, startOf } from "../periods";
import { EACH, writeScope, type Each, type Period, type Scope } from "../scope";
import { MOST_THRESHOLDS } from "../thresholds";

const MOST_USD = "1e12";
const LONGEST_NAME = 100;
const LONGEST_VALUE = 256;
const AMOUNT = /^\d+(\.\d{1,12})?$/;

/** An amount as people type it: `$1000`, `0.5`. */
export const amountField = z
  .string()
  .transform((typed) => typed.trim().replace(/^\$\s*/, ""))
  .refine((amount) => AMOUNT.test(amount), "An amount such as 500 or 0.25, without commas.")
  .refine(
    (amount) => !AMOUNT.test(amount) || (new Big(amount).gt(0) && new Big(amount).lte(MOST_USD)),
    "Above 0, and at most a trillion.",
  );

export const nameField = z.string().trim().max(LONGEST_NAME, `At most ${LONGEST_NAME} characters.`);

export const thresholdsField = z
  .array(z.string())
  .min(1, "At least one: without any, nobody would be told.")
  .max(MOST_THRESHOLDS, `At most ${MOST_THRESHOLDS}.`);

const part = z.object({
  dimension: z.string(),
  value: z
    .string()
    .trim()
    .min(1, "Which one? A value is missing.")
    .max(LONGEST_VALUE, `At most ${LONGEST_VALUE} characters.`),
});

export const schema = z
  .object({
    name: nameField,
    budget_amount: amountField,
    period: z.enum(Object.keys(PERIODS) as [Period, ...Period[]]),
    /** The first day of the only month that it is for; empty: every period. */
    month: z.string(),
    /** The first day of the first period that it is for; empty: the current one. */
    from: z.string(),
    each: z.enum(["", ...EACH]),
    scope: z.array(part),
    thresholds: thresholdsField,
    channels: z.array(z.number()),
  })
  .superRefine(({ scope, each }, context) => {
    scope.forEach(({ dimension }, place) => {
      const twice = scope.findIndex((other) => other.dimension === dimension) < place;
      if (twice || dimension === each) {
        context.addIssue({
          code: "custom",
          path: ["scope", place, "value"],
          message: twice
            ? "Named twice: a call has one of each."
            : "The budget is for each of these already.",
        });
      }
    });
  });

/** As the controls hold it; `z.output<typeof schema>` is what it means. */
export type Values = z.input<typeof schema>;

export const EMPTY: Values = {
  name: "",
  budget_amount: "",
  period: "month",
  month: "",
  from: "",
  each: "",
  scope: [],
  thresholds: ["0.5", "0.8", "1"],
  channels: [],
};

export interface NewBudget {
  name?: string;
  budget_amount: string;
  period: Period;
  month?: string;
  from?: string;
  each?: Each;
  scope: ReturnType<typeof writeScope>;
  thresholds: string[];
  channels: number[];
}

/** Return the request that makes the budget of a form. */
export function toRequest(values: z.output<typeof schema>): NewBudget {
  const { name, budget_amount, period, month, from, each, thresholds, channels } = values;
  const single = period === "month" && month !== "";
  return {
    ...(name === "" ? {} : { name }),
    budget_amount,
    period,
    ...(single ? { month: month.slice(0, 7) } : {}),
    ...(!single && from !== "" ? { from: startOf(period, from) } : {}),
    ...(each === "" ? {} : { each }),
    scope: writeScope(scopeOf(values.scope)),
    thresholds,
    channels,
  };
}

/** Return the scope of the form's lines. */
export function scopeOf(parts: readonly { dimension: Dimension; value: string }[]): Scope {
  return Object.fromEntries(parts.map(({ dimension, value }) => [dimension, value.trim()]));
}
