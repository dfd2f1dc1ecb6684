/** How a budget's period will end, in words. */
import type { Schemas } from "@llmlab/client";
import { compare, format } from "@/lib/money";
import { sentence } from "@/lib/sentences";
import { day } from "@/lib/times";

type Outlook = Schemas["Outlook"];
export type Mood = "good" | "warn" | "bad" | "unknown";

export interface Told {
  mood: Mood;
  /** One sentence for lists. */
  brief: string;
  /** What it rests on, or the range. */
  detail: string | null;
}

/** Put an outlook into words; null where there is none to tell (of a budget for each, of another month). */
export function tellOutlook(
  outlook: Outlook | null,
  budget: { spent: string; budget_amount: string },
  now?: Date,
): Told | null {
  if (compare(budget.spent, budget.budget_amount) >= 0) {
    return {
      mood: "bad",
      brief: `Used up: ${format(budget.spent)} of ${format(budget.budget_amount)}.`,
      detail: outlook?.forecast ? rangeOf(outlook.forecast) : null,
    };
  }
  if (outlook === null) return null;
  const { forecast } = outlook;
  if (forecast === null) {
    return { mood: "unknown", brief: "No forecast yet.", detail: asSentence(outlook.reason ?? "") };
  }
  const [first = null, last = null] = outlook.expected_between ?? [];
  const on = outlook.expected_on ?? null;
  if (on !== null) {
    return {
      mood: "bad",
      brief: `On this course you pass 100 % on ${day(on, now)}${span(first, last, on, now)}.`,
      detail: rangeOf(forecast),
    };
  }
  if (first !== null) {
    return {
      mood: "warn",
      brief: `Likely ${format(forecast.likely)} at the end, but it may pass 100 % from ${day(first, now)} on.`,
      detail: rangeOf(forecast),
    };
  }
  return {
    mood: "good",
    brief: `On course: likely ${format(forecast.likely)} at the end.`,
    detail: rangeOf(forecast),
  };
}

function span(first: string | null, last: string | null, on: string, now?: Date): string {
  if (first === null) return "";
  if (last === null) return `, at the earliest on ${day(first, now)}, or not in this period`;
  if (first === last && first === on) return "";
  return `, between ${day(first, now)} and ${day(last, now)}`;
}

function rangeOf({ low, likely, high }: Schemas["SpendRange"]): string {
  return `At the end of the period ${format(likely)} is likely, ${format(low)} to ${format(high)} four times out of five.`;
}

function asSentence(text: string): string | null {
  return text === "" ? null : sentence(text);
}
