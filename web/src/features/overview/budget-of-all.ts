/** The budget that the forecast is held against, and how the two stand to each other. */
import type { Schemas } from "@llmlab/client";
import { compare, format, minus, share, type Money } from "@/lib/money";

export type Budget = Schemas["Budget"];
export type Forecast = Schemas["ForecastAnswer"];

/** Return the monthly budget of all spend that is in force, or null. */
export function budgetOfAll(budgets: readonly Budget[]): Budget | null {
  return (
    budgets.find(
      ({ scope, each, period, in_force: inForce }) =>
        Object.keys(scope).length === 0 && each === null && period === "month" && inForce,
    ) ?? null
  );
}

export type Course = "good" | "warn" | "bad";

/** Say how a month is on course: over its budget, likely or possibly to be, or within. */
export function courseOf(
  spent: Money,
  amount: Money,
  forecast: Forecast["forecast"],
): { tone: Course; words: string } {
  if (compare(spent, amount) > 0) {
    return { tone: "bad", words: `${format(minus(spent, amount))} over the budget` };
  }
  if (forecast === null) {
    return { tone: "good", words: `${format(minus(amount, spent))} left` };
  }
  if (compare(forecast.likely, amount) > 0) {
    const over = format(minus(forecast.likely, amount));
    return { tone: "bad", words: `Likely ${over} over the budget by the end` };
  }
  if (compare(forecast.high, amount) > 0) {
    return { tone: "warn", words: "May pass the budget by the end" };
  }
  return { tone: "good", words: "On course to stay within the budget" };
}

/** Return how full a budget is, for a meter. */
export function fullness(spent: Money, amount: Money): number {
  return share(spent, amount) ?? (compare(spent, "0") > 0 ? 1 : 0);
}
