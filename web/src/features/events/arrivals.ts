/**
 * Calls that came over the live stream, joined with the pages that were read: no call twice, none in a
 * place where the pages would not have it.
 */
import { TZDate } from "@date-fns/tz";
import type { LiveEvent } from "@/api/live-stream";
import type { Filters } from "@/lib/dimensions";
import type { Question, CostEvent } from "./question";

/** What a row of the list shows; pages and the stream both have it. */
export type Row = Pick<
  CostEvent,
  | "id"
  | "timestamp"
  | "provider"
  | "model"
  | "input_tokens"
  | "output_tokens"
  | "cost"
  | "price_status"
  | "billing"
  | "status"
  | "latency_ms"
  | "feature"
  | "customer"
  | "user"
>;

/** As many as are kept: little enough to be joined at once. Of what comes then, the newest page is read. */
export const MOST_ARRIVALS = 1_000;

/** Say whether a call belongs into the list: `unknown` where the stream does not tell what decides it. */
export function belongs(event: LiveEvent, question: Question): "yes" | "no" | "unknown" {
  const at = Date.parse(event.timestamp);
  if (at < startOf(question.days.from, question.zone)) return "no";
  if (at >= startOf(question.days.to, question.zone)) return "no";
  if (!matches(event, question.filters)) return "no";
  return question.session === "" && question.trace === "" ? "yes" : "unknown";
}

/** Say whether a call has one of the values of each filter. */
export function matches(event: LiveEvent, filters: Filters): boolean {
  return Object.entries(filters).every(([dimension, values]) =>
    values.includes(valueIn(event, dimension)),
  );
}

/** Say whether days end after now, so that a call of now is one of theirs. */
export function endsNow({ days, zone }: Question, now: number = Date.now()): boolean {
  return startOf(days.to, zone) > now;
}

/** Return what had arrived with one more. */
export function keep(arrivals: readonly Row[], event: LiveEvent): readonly Row[] {
  if (arrivals.some(({ id }) => id === event.id)) return arrivals;
  return [event, ...arrivals];
}

/**
 * Return the rows of pages and arrivals together, newest first as the API orders them. Arrivals that lie
 * behind the last row wait for their page, unless there is no further one.
 */
export function join(pages: readonly Row[], arrivals: readonly Row[], more: boolean): Row[] {
  const known = new Set(pages.map(({ id }) => id));
  const last = pages.at(-1);
  const fresh = arrivals.filter(
    (event) => !known.has(event.id) && (!more || last === undefined || isBefore(event, last)),
  );
  if (fresh.length === 0) return [...pages];
  fresh.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  const rows: Row[] = [];
  let next = 0;
  for (const row of pages) {
    for (
      let event = fresh[next];
      event !== undefined && isBefore(event, row);
      event = fresh[next]
    ) {
      rows.push(event);
      next += 1;
    }
    rows.push(row);
  }
  return [...rows, ...fresh.slice(next)];
}

/** Say whether a row stands above another: later by the API's order, which is time in the id, then the id. */
function isBefore(one: Row, other: Row): boolean {
  const [at, others] = [placeOf(one), placeOf(other)];
  return at === others ? one.id > other.id : at > others;
}

/** Return microseconds: the time inside a UUIDv7, else the call's own. */
function placeOf({ id, timestamp }: Row): number {
  if (id.charAt(14) === "7" && "89ab".includes(id.charAt(19))) {
    return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) * 1000;
  }
  const micros = /\.\d{3}(\d{1,3})/.exec(timestamp)?.[1] ?? "0";
  return Date.parse(timestamp) * 1000 + Number(micros.padEnd(3, "0"));
}

function valueIn(event: LiveEvent, dimension: string): string {
  if (dimension.startsWith("tag.")) return event.tags?.[dimension.slice(4)] ?? "";
  const value = event[dimension as keyof LiveEvent];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Return the instant at which a day begins in a zone. */
function startOf(date: string, zone: string): number {
  const [year = 1970, month = 1, day = 1] = date.split("-").map(Number);
  return new TZDate(year, month - 1, day, zone).getTime();
}
