/** Instants and days, shown in a given zone. The API's instants are RFC 3339, its days `2026-11-23`. */
import { TZDate } from "@date-fns/tz";
import { format } from "date-fns";

const MONTH = /^\d{4}-\d{2}$/;

/** Show an instant to the minute: `23 Nov 2026, 13:10`. */
export function instant(iso: string, zone: string): string {
  return format(new TZDate(iso, zone), "d MMM yyyy, HH:mm");
}

/** Show an instant to the millisecond, with the zone's offset. */
export function exactInstant(iso: string, zone: string): string {
  return format(new TZDate(iso, zone), "yyyy-MM-dd HH:mm:ss.SSS xxx");
}

/** Show a time of day: `13:10:07`. */
export function clock(iso: string, zone: string): string {
  return format(new TZDate(iso, zone), "HH:mm:ss");
}

/** Show a day: `23 Nov`, with the year where it is another than that of `now`. */
export function day(date: string, now: Date = new Date()): string {
  const at = atNoon(date);
  return format(at, at.getFullYear() === now.getFullYear() ? "d MMM" : "d MMM yyyy");
}

/** Show the beginning of a bucket of time: a month, a day, or an hour with its day. */
export function bucket(name: string, zone: string): string {
  if (MONTH.test(name)) return format(atNoon(`${name}-01`), "MMM yyyy");
  return name.includes("T") ? format(new TZDate(name, zone), "d MMM, HH:mm") : day(name);
}

/** Say how long ago an instant was: `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 days ago`. */
export function ago(iso: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${String(seconds)} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${String(hours)} h ago`;
  return `${String(Math.round(hours / 24))} days ago`;
}

/** Return whether the browser knows an IANA zone by this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name.length > 0;
  } catch {
    return false;
  }
}

/** Return the zone of this browser. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

// Browsers list some zones by names that were given up; these are what people type, and are understood too.
const RENAMED = [
  "America/Argentina/Buenos_Aires",
  "America/Nuuk",
  "Asia/Ho_Chi_Minh",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Yangon",
  "Atlantic/Faroe",
  "Europe/Kyiv",
];

/** Return the names of all zones that the browser knows, `UTC` first. */
export function allZones(): string[] {
  const named = new Set([...Intl.supportedValuesOf("timeZone"), ...RENAMED.filter(isZone)]);
  named.delete("UTC");
  return ["UTC", ...Array.from(named).sort()];
}

function atNoon(date: string): Date {
  // Noon, so that no summer time moves it to another day.
  return new Date(`${date}T12:00:00`);
}
