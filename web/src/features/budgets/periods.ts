/** The periods of budgets, as the API counts them: weeks begin on Monday, ends are the day after. */
import {
  addDays,
  addMonths,
  addQuarters,
  addWeeks,
  addYears,
  differenceInCalendarDays,
  format,
  parseISO,
  startOfMonth,
  startOfQuarter,
  startOfWeek,
  startOfYear,
  subDays,
} from "date-fns";
import { daysOf } from "@/lib/ranges";
import { many } from "@/lib/numbers";
import type { Period } from "./scope";

export const PERIODS: Readonly<Record<Period, string>> = {
  day: "Day",
  week: "Week",
  month: "Month",
  quarter: "Quarter",
  year: "Year",
};

const DATE = "yyyy-MM-dd";

/** Return the day that it is in a zone. */
export function todayIn(zone: string, now?: Date): string {
  return daysOf("today", zone, now).from;
}

/** Return the first day of the period that a day lies in. */
export function startOf(period: Period, day: string): string {
  const at = parseISO(day);
  switch (period) {
    case "day":
      return day;
    case "week":
      return format(startOfWeek(at, { weekStartsOn: 1 }), DATE);
    case "month":
      return format(startOfMonth(at), DATE);
    case "quarter":
      return format(startOfQuarter(at), DATE);
    case "year":
      return format(startOfYear(at), DATE);
  }
}

/** Return the first day of the period so many after (or before) the one that begins on a day. */
export function shifted(period: Period, start: string, by: number): string {
  const add = {
    day: addDays,
    week: addWeeks,
    month: addMonths,
    quarter: addQuarters,
    year: addYears,
  };
  return format(add[period](parseISO(start), by), DATE);
}

/** Name a period by its first day: `November 2026`, `Week of 23 Nov 2026`, `Q4 2026`. */
export function nameOfPeriod(period: Period, start: string): string {
  const at = parseISO(start);
  switch (period) {
    case "day":
      return format(at, "d MMM yyyy");
    case "week":
      return `Week of ${format(at, "d MMM yyyy")}`;
    case "month":
      return format(at, "MMMM yyyy");
    case "quarter":
      return format(at, "QQQ yyyy");
    case "year":
      return format(at, "yyyy");
  }
}

/** Say how much of a period is left: `3 days left`, `last day`, `begins on 1 Dec`, `over`. */
export function leftOf(start: string, end: string, today: string): string {
  if (today >= end) return "over";
  if (today < start) return `begins on ${format(parseISO(start), "d MMM")}`;
  const left = differenceInCalendarDays(parseISO(end), parseISO(today)) - 1;
  if (left > 0) return `${many(left, "day")} left`;
  return start === today ? "ends at midnight" : "last day";
}

/** Return every day from the first to the one before the end. */
export function daysBetween(start: string, end: string): string[] {
  const length = differenceInCalendarDays(parseISO(end), parseISO(start));
  return Array.from({ length: Math.max(length, 0) }, (_, n) =>
    format(addDays(parseISO(start), n), DATE),
  );
}

/** Return the last day of a period by the one after it. */
export function lastDay(end: string): string {
  return format(subDays(parseISO(end), 1), DATE);
}
