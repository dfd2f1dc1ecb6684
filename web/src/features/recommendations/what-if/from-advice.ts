/** From a recommendation to the what-if table that compares its alternatives on the same calls. */
import { eventsQuery } from "../events-link";
import type { Recommendation } from "../reads";
import { isTarget, MOST_TARGETS } from "./question";

type Row = Readonly<Record<string, unknown>>;

/** Return the query of the what-if table for advice about models; null where models are not its matter. */
export function whatIfQuery(advice: Recommendation, zone: string): string | null {
  const { evidence, kind } = advice;
  const { events } = evidence;
  const on = targetsOf(kind, evidence).filter(isTarget).slice(0, MOST_TARGETS);
  if (on.length === 0 || typeof events !== "string") return null;
  const query = new URLSearchParams(eventsQuery(events, zone));
  query.set("show", "what-if");
  for (const name of new Set(on)) query.append("on", name);
  if (kind === "use_batch") query.set("processing", "batch");
  return query.toString();
}

function targetsOf(kind: Recommendation["kind"], evidence: Row): string[] {
  const { provider, model, to } = evidence;
  switch (kind) {
    case "switch_model":
      return [to, ...rowsOf(evidence.alternatives).map((row) => row.model), model].map(
        (name) => `${String(provider)}/${String(name)}`,
      );
    case "newer_version":
      return [`${String(provider)}/${String(to)}`];
    case "try_provider":
      return rowsOf(evidence.models).map((row) => `${String(to)}/${String(row.to)}`);
    case "use_batch":
      return [`${String(provider)}/${String(model)}`];
    default:
      return [];
  }
}

function rowsOf(value: unknown): Row[] {
  return Array.isArray(value) ? (value as Row[]) : [];
}
