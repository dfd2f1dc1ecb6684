import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLive, useLiveEvents } from "@/api/live";
import { belongs, endsNow, join, keep, MOST_ARRIVALS, type Row } from "./arrivals";
import type { CostEvent, Question } from "./question";

interface Tail {
  question: Question;
  events: readonly CostEvent[];
  /** Older pages are there to be read. */
  more: boolean;
  /** Whether the list stands at its top, so that it may move. */
  atTop: boolean;
  /** Reads the newest page again; says whether it came. */
  readNewest: () => Promise<boolean>;
}

// Where the stream leaves calls out, the newest page is read again, but not more often than this.
const PAUSE_MS = 2_000;

/**
 * The rows of the list with those that arrive while one looks. They are held back, and counted, while the
 * list is scrolled down; `show` lets them in. What the stream left out is read by the page.
 */
export function useLiveTail({ question, events, more, atTop, readNewest }: Tail) {
  const { state, spend } = useLive();
  const live = state.kind === "live";
  const following = endsNow(question);
  const [arrivals, setArrivals] = useState<readonly Row[]>([]);
  // What had arrived when one scrolled down; null at the top.
  const [held, setHeld] = useState<readonly Row[] | null>(null);
  // How often calls may have been left out of the arrivals, and how many of these times were made good. A
  // switch would not do: it may be set again in the same breath in which it is taken back.
  const [missed, setMissed] = useState(0);
  const [madeGood, setMadeGood] = useState(0);
  const behind = missed !== madeGood;

  const [about, setAbout] = useState(question);
  if (about !== question) {
    setAbout(question);
    setArrivals([]);
    setHeld(null);
    setMadeGood(missed);
  } else if (atTop && held !== null) {
    setHeld(null);
  } else if (!atTop && held === null) {
    setHeld(arrivals);
  }

  const newest = useRef(arrivals);
  useEffect(() => {
    newest.current = arrivals;
  }, [arrivals]);
  useLiveEvents((event) => {
    const answer = belongs(event, question);
    if (answer === "no") return;
    // To let go of the first to come would leave a hole between these and the pages.
    const full = newest.current.length >= MOST_ARRIVALS;
    if (answer === "unknown" || full) setMissed((times) => times + 1);
    else setArrivals((had) => keep(had, event));
  });

  // The stream left some out, or was not there for a while.
  const [heard, setHeard] = useState({ live, spend });
  if (heard.live !== live || heard.spend !== spend) {
    setHeard({ live, spend });
    const came = live && !heard.live;
    const omitted = heard.spend !== spend && spend !== null && (spend.gap || spend.omitted > 0);
    if (following && (came || omitted)) setMissed((times) => times + 1);
  }

  const catchUp = useCallback(async () => {
    // Stored before the page is read: it has them, or they lie further down.
    const before = new Set(newest.current.map(({ id }) => id));
    if (await readNewest()) setArrivals((had) => had.filter(({ id }) => !before.has(id)));
  }, [readNewest]);

  const lastRead = useRef(0);
  useEffect(() => {
    if (!behind || !atTop) return;
    const wait = Math.max(0, lastRead.current + PAUSE_MS - Date.now());
    const timer = setTimeout(() => {
      lastRead.current = Date.now();
      setMadeGood(missed);
      void catchUp();
    }, wait);
    return () => clearTimeout(timer);
  }, [behind, missed, atTop, catchUp]);

  const shown = held ?? arrivals;
  const rows = useMemo(() => join(events, shown, more), [events, shown, more]);
  const waiting = useMemo(
    () => (held === null ? 0 : join(events, arrivals, more).length - rows.length),
    [held, events, arrivals, more, rows],
  );
  return { rows, waiting, behind, following, live };
}
