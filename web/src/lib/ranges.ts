/**
 * Ranges of time: a preset or two days, in a zone. As everywhere in LLMLab the first day is part of a range
 * and the last is not; people choose the last day that is.
 */
import { TZDate } from "@date-fns/tz";
import {
  addDays,
  differenceInCalendarDays,
  format,
  parseISO,
  startOfMonth,
  startOfQuarter,
  startOfYear,
  subDays,
  subMonths,
} from "date-fns";
import { day } from "./times";

export const PRESETS = {
  today: "Today",
  yesterday: "Yesterday",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
  month: "This month",
  "last-month": "Last month",
  quarter: "This quarter",
  year: "This year",
  all: "All time",
} as const;

export type Preset = keyof typeof PRESETS;
export type Range = Preset | { from: string; to: string };

/** Days, `from` inclusive and `to` exclusive, as the API takes them beside `tz`. */
export interface Days {
  from: string;
  to: string;
}

/** The first day that a range may have: no event is older, by the contract. */
export const EARLIEST = "2020-01-01";
const DATE = "yyyy-MM-dd";
const FORM = /^\d{4}-\d{2}-\d{2}$/;

/** Return the days of a range, as they are now in a zone. */
export function daysOf(range: Range, zone: string, now: Date = new Date()): Days {
  if (typeof range !== "string") return range;
  const today = new TZDate(now, zone);
  const until = (date: Date) => ({ to: format(addDays(date, 1), DATE) });
  const since = (date: Date) => ({ from: format(date, DATE) });
  switch (range) {
    case "today":
      return { ...since(today), ...until(today) };
    case "yesterday":
      return { ...since(subDays(today, 1)), ...until(subDays(today, 1)) };
    case "7d":
      return { ...since(subDays(today, 6)), ...until(today) };
    case "30d":
      return { ...since(subDays(today, 29)), ...until(today) };
    case "90d":
      return { ...since(subDays(today, 89)), ...until(today) };
    case "month":
      return { ...since(startOfMonth(today)), ...until(today) };
    case "last-month":
      return {
        ...since(startOfMonth(subMonths(today, 1))),
        ...until(subDays(startOfMonth(today), 1)),
      };
    case "quarter":
      return { ...since(startOfQuarter(today)), ...until(today) };
    case "year":
      return { ...since(startOfYear(today)), ...until(today) };
    case "all":
      return { from: EARLIEST, ...until(today) };
  }
}

/** Return how many days these are. */
export function lengthOf(days: Days): number {
  return differenceInCalendarDays(parseISO(days.to), parseISO(days.from));
}

/**
 * Return the days before a range that it is compared with: as many as it has, for a month (quarter, year)
 * so far the same days of the one before. Null where nothing lies before.
 */
export function before(range: Range, days: Days): Days | null {
  if (range === "all") return null;
  const shift = { month: 1, "last-month": 1, quarter: 3, year: 12 }[range as string];
  if (shift !== undefined) {
    const from = subMonths(parseISO(days.from), shift);
    const same = format(addDays(from, lengthOf(days)), DATE);
    return { from: format(from, DATE), to: same < days.from ? same : days.from };
  }
  const length = lengthOf(days);
  return { from: format(subDays(parseISO(days.from), length), DATE), to: days.from };
}

/**
 * Return what to compare a range with that is not over yet: the days before it up to the same time of day,
 * so that a morning is not held against a whole day. Whole quarter hours, which are read at once.
 */
export function beforeSoFar(
  range: Range,
  days: Days,
  zone: string,
  now: Date = new Date(),
): Days | null {
  const earlier = before(range, days);
  const today = format(new TZDate(now, zone), DATE);
  if (earlier === null || days.to <= today || days.from > today) return earlier;
  const over = differenceInCalendarDays(parseISO(today), parseISO(days.from));
  const cut = format(addDays(parseISO(earlier.from), over), DATE);
  if (cut >= earlier.to) return earlier;
  const [year = 0, month = 1, date = 1] = cut.split("-").map(Number);
  const clock = new TZDate(now, zone);
  const quarter = clock.getMinutes() - (clock.getMinutes() % 15);
  const end = new TZDate(year, month - 1, date, clock.getHours(), quarter, zone);
  return { from: earlier.from, to: end.toISOString() };
}

/** Name a range: `Last 30 days`, or `1 – 15 Nov`. */
export function nameOf(range: Range): string {
  if (typeof range === "string") return PRESETS[range];
  return nameOfDays(range);
}

/** Name days by the first and the last: `1 Nov – 15 Nov`, `3 Nov`. */
export function nameOfDays(days: Days): string {
  const last = format(subDays(parseISO(days.to), 1), DATE);
  return last === days.from ? day(days.from) : `${day(days.from)} – ${day(last)}`;
}

/** Read a range as a URL has it: a preset, or `2026-11-01..2026-11-15` with both days part of it. */
export function readRange(text: string): Range | null {
  if (Object.hasOwn(PRESETS, text)) return text as Preset;
  const [first = "", last = first, ...more] = text.split("..");
  if (more.length > 0 || !isDay(first) || !isDay(last) || last < first || first < EARLIEST)
    return null;
  const to = format(addDays(parseISO(last), 1), DATE);
  // The day after the last of four digits is none that can be read again.
  return isDay(to) ? { from: first, to } : null;
}

/** Write a range as `readRange` takes it. */
export function writeRange(range: Range): string {
  if (typeof range === "string") return range;
  return `${range.from}..${format(subDays(parseISO(range.to), 1), DATE)}`;
}

function isDay(text: string): boolean {
  return FORM.test(text) && !Number.isNaN(parseISO(text).getTime());
}
