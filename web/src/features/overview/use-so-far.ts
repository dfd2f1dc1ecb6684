import { readSummary, unknownIn, type Summary } from "@/api/costs";
import { knownTotal } from "@/api/groups";
import { useLive, type LiveSpend } from "@/api/live";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import type { Money } from "@/lib/money";
import { beforeSoFar, daysOf } from "@/lib/ranges";

export interface SoFar {
  /** Null while it is not known yet. */
  today: Figures | null;
  month: Figures | null;
  /** What was spent by the same time of yesterday, and of the month before. */
  byNowYesterday: Money | null;
  byNowLastMonth: Money | null;
  error: unknown;
  retry: () => void;
}

export interface Figures {
  spend: Money;
  events: number;
  /** Calls that are not in the spend, because what they cost is not known. */
  unknown: number;
}

type Period = "today" | "month";

const POLL_MS = 10_000;
const QUARTER_MS = 15 * 60_000;

/** What today and this month cost so far: told by the live stream, and asked for while there is none. */
export function useSoFar(ready: boolean): SoFar {
  const { state, spend } = useLive();
  const asking = state.kind === "lost" || state.kind === "refused";
  const today = usePolled("today", asking);
  const month = usePolled("month", asking);
  return {
    today: latestOf("today", spend, today.data),
    month: latestOf("month", spend, month.data),
    byNowYesterday: useEarlier("today", ready),
    byNowLastMonth: useEarlier("month", ready),
    error: asking ? (today.error ?? month.error) : null,
    retry: () => {
      void today.refetch();
      void month.refetch();
    },
  };
}

function usePolled(period: Period, enabled: boolean) {
  const { zone } = useWorkspace();
  const days = daysOf(period, zone);
  return useRead(
    ["so far", period, days, zone],
    (api, signal) => readSummary(api, { days, zone }, signal),
    { enabled, every: POLL_MS, staleMs: 0 },
  );
}

function useEarlier(period: Period, enabled: boolean): Money | null {
  const { zone } = useWorkspace();
  // Another question with each quarter of an hour.
  const days = beforeSoFar(period, daysOf(period, zone), zone);
  const earlier = useRead(
    ["so far", period, days, zone],
    (api, signal) => readSummary(api, { days: days ?? { from: "", to: "" }, zone }, signal),
    { enabled: enabled && days !== null, staleMs: QUARTER_MS },
  );
  return earlier.data === undefined ? null : knownTotal(earlier.data);
}

/**
 * Return what the stream told last or what was asked for while it was away, whichever is later: an answer of
 * an earlier break is still there in the next one.
 */
export function latestOf(
  period: Period,
  told: LiveSpend | null,
  read: Summary | undefined,
): Figures | null {
  if (read !== undefined && (told === null || read.freshness.as_of > told.as_of)) {
    return { spend: read.total_spend, events: read.counts.events, unknown: unknownIn(read) };
  }
  if (told === null) return null;
  const { spend, events } = told[period];
  return { spend, events, unknown: unknownIn(told[period]) };
}
