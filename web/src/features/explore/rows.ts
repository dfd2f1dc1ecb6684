/** The lines of the table: what was spent on something, and how that differs from the time before. */
import { unknownIn } from "@/api/costs";
import { knownSpend, knownTotal, nameOfKeys, type Groups, type SpentOn } from "@/api/groups";
import { each, minus, share, type Money } from "@/lib/money";

export interface Row {
  id: string;
  keys: Readonly<Record<string, string>>;
  /** Null: the cost of none of its calls is known. */
  spend: Money | null;
  /** Calls that are not in the spend; null where that is not told. */
  unknown: number | null;
  share: number | null;
  events: number;
  tokens: number | null;
  perCall: Money | null;
  /** Null without a comparison, or where it is not known. */
  before: Money | null;
  difference: Money | null;
  /** The difference as a part of what was before; null where nothing was. */
  change: number | null;
}

const NOTHING = { spend: "0", events: 0, tokens: 0, unknown: 0 };

/** Return the lines of what is now, and of what was before and is no longer. */
export function rowsOf(now: Groups, before: Groups | null): Row[] {
  const name = ({ keys }: SpentOn) => nameOfKeys(keys, now.dimensions);
  const earlier = new Map(before?.rows.map((row) => [name(row), row]));
  const whole = now.summary.total_spend;
  const rows = now.rows.map((row) => {
    const id = name(row);
    const was = earlier.get(id);
    earlier.delete(id);
    // Of what was cut off it is not known what it was.
    const none = before === null || before.cut ? null : { ...NOTHING, keys: row.keys };
    return toRow(id, row, was ?? none, whole);
  });
  if (now.cut) return rows;
  const gone = [...earlier].map(([id, was]) =>
    toRow(id, { ...NOTHING, keys: was.keys }, was, whole),
  );
  return [...rows, ...gone];
}

function toRow(id: string, now: SpentOn, was: SpentOn | null, whole: Money): Row {
  const spend = knownSpend(now);
  const before = was === null ? null : knownSpend(was);
  const difference = spend === null || before === null ? null : minus(spend, before);
  return {
    id,
    keys: now.keys,
    spend,
    unknown: now.unknown,
    share: spend === null ? null : share(spend, whole),
    events: now.events,
    tokens: now.tokens,
    perCall: spend === null ? null : each(spend, now.events - (now.unknown ?? 0)),
    before,
    difference,
    change: difference === null || before === null ? null : share(difference, before),
  };
}

/** Return the line under the table: all of the calls that the question is about. */
export function totalOf(now: Groups, before: Groups | null): Omit<Row, "id" | "keys"> {
  const { counts } = now.summary;
  const unknown = unknownIn(now.summary);
  const spend = knownTotal(now.summary);
  const was = before === null ? null : knownTotal(before.summary);
  const difference = spend === null || was === null ? null : minus(spend, was);
  return {
    spend,
    unknown,
    share: spend === null ? null : share(spend, spend),
    events: counts.events,
    tokens: now.cut
      ? now.summary.by_provider.reduce((total, { tokens }) => total + tokens, 0)
      : now.rows.reduce((total, { tokens }) => total + (tokens ?? 0), 0),
    perCall: spend === null ? null : each(spend, counts.events - unknown),
    before: was,
    difference,
    change: difference === null || was === null ? null : share(difference, was),
  };
}
