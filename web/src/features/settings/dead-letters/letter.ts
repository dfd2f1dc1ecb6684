/** A dead letter's event as it may be shown: its fields as they were sent, of no known form. */

/** Return what a letter's event says of the model, or that it could not be read. */
export function modelOf(event: Readonly<Record<string, unknown>>): string {
  const { provider, model } = event;
  const parts = [provider, model].filter((part) => typeof part === "string" && part !== "");
  return parts.length === 0 ? "an entry that could not be read" : parts.join("/");
}

/** Return an event's fields for a list, none of them deeper than one line. */
export function fieldsOf(event: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(event).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
}
