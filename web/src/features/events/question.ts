/** Which calls the screen is about, as its URL says. */
import type { Schemas } from "@llmlab/client";
import { queryOf } from "@/api/costs";
import type { Filters } from "@/lib/dimensions";
import { readRange, writeRange, type Days, type Range } from "@/lib/ranges";
import { isZone } from "@/lib/times";
import { parsed, text, type Field } from "@/lib/url-state";

export type CostEvent = Schemas["CostEvent"];

export const PAGE_SIZE = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const FIELDS = {
  range: parsed<Range>("30d", readRange, writeRange),
  /** Empty: the workspace's. */
  tz: parsed<string>(
    "",
    (name) => (isZone(name) ? name : null),
    (name) => name,
  ),
  session_id: text(),
  trace_id: text(),
  /** The one that is shown in full. */
  event: optionalId(),
};

export interface Question {
  days: Days;
  zone: string;
  filters: Filters;
  /** Empty: of any session, of any trace. */
  session: string;
  trace: string;
}

/** Return the query of a page of events. */
export function pageQuery(question: Question, cursor: string | null): Record<string, never> {
  const { session, trace } = question;
  const query: Record<string, unknown> = { ...queryOf(question), limit: PAGE_SIZE };
  if (session !== "") query.session_id = session;
  if (trace !== "") query.trace_id = trace;
  if (cursor !== null) query.cursor = cursor;
  return query as Record<string, never>;
}

function optionalId(): Field<string | null> {
  return {
    fallback: null,
    read: ([id = ""]) => (UUID.test(id) ? id.toLowerCase() : undefined),
    write: (id) => (id === null ? [] : [id]),
  };
}
