/** The way from the API's request for some calls to the screen that lists them. */
import { TZDate } from "@date-fns/tz";
import { format } from "date-fns";
import { isDimension } from "@/lib/dimensions";
import { writeRange } from "@/lib/ranges";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Return the query of the events' screen that shows the same calls as a request of the API's. */
export function eventsQuery(request: string, zone: string): string {
  const asked = new URL(request, "http://api").searchParams;
  const query = new URLSearchParams();
  for (const [name, value] of asked) if (isDimension(name)) query.append(name, value);
  const from = dayIn(asked.get("from"), zone);
  const to = dayIn(asked.get("to"), zone);
  if (from !== null && to !== null && from < to) query.set("range", writeRange({ from, to }));
  return query.toString();
}

/** Return the days of an API's request, the last not part of them. */
function dayIn(text: string | null, zone: string): string | null {
  if (text === null) return null;
  if (DAY.test(text)) return text;
  const at = new TZDate(text, zone);
  return Number.isNaN(at.getTime()) ? null : format(at, "yyyy-MM-dd");
}
