import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { To } from "react-router";
import type { Row } from "./arrivals";
import { EventRow, HeadingRow, ROW_HEIGHT } from "./event-row";

interface EventListProps {
  rows: readonly Row[];
  zone: string;
  /** The address that shows a call in full. */
  linkTo: (id: string) => To;
  /** The one that is shown in full. */
  openId: string | null;
  /** Older calls are there to be read. */
  more: boolean;
  onWantMore: () => void;
  onAtTop: (atTop: boolean) => void;
  /** Counts up when the list is to go to its top. */
  toTop: number;
  /** Over the list, such as a button to the new ones. */
  over: ReactNode;
  /** Under the last row. */
  foot: ReactNode;
}

const SKEW_PX = 8;
// So many rows before the end the next page is asked for.
const AHEAD = 30;

/** A list of calls of any length: only the rows in sight are there. Arrow keys go from row to row. */
export function EventList(props: EventListProps) {
  const { rows, zone, linkTo, openId, more, onWantMore, onAtTop, toTop, over, foot } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (place) => rows[place]?.id ?? place,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastInSight = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && lastInSight >= rows.length - AHEAD) onWantMore();
  }, [more, lastInSight, rows.length, onWantMore]);

  useEffect(() => {
    if (toTop > 0) scroller.current?.scrollTo({ top: 0 });
  }, [toTop]);

  // The Tab key stops at one row: the one that was at last, or the first in sight.
  const [stop, setStop] = useState<string | null>(null);
  const wanted = useRef<string | null>(null);
  const stopInSight = items.some(({ index }) => rows[index]?.id === stop);
  const firstWhole = items.find(({ start }) => start >= (virtual.scrollOffset ?? 0)) ?? items[0];
  const tabStop = stopInSight ? stop : (rows[firstWhole?.index ?? 0]?.id ?? null);
  useEffect(() => {
    if (wanted.current === null) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`);
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ id }) => id === (event.target as HTMLElement).dataset.row);
    if (at === -1) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (next === undefined) return;
    wanted.current = next.id;
    setStop(next.id);
    virtual.scrollToIndex(rows.indexOf(next));
  };

  return (
    <div className="relative">
      {over}
      <div
        ref={scroller}
        onScroll={({ currentTarget }) => onAtTop(currentTarget.scrollTop < SKEW_PX)}
        className="h-[calc(100dvh-14rem)] min-h-96 overflow-x-hidden overflow-y-auto rounded-lg border border-line bg-surface [overflow-anchor:none]"
      >
        <div role="table" aria-label="Calls" aria-rowcount={more ? -1 : rows.length + 1}>
          <div
            role="rowgroup"
            className="sticky top-0 z-10 border-b border-line bg-surface shadow-[0_1px_0_var(--line)]"
          >
            <HeadingRow />
          </div>
          <div
            role="rowgroup"
            className="relative"
            style={{ height: virtual.getTotalSize() }}
            onKeyDown={onKeyDown}
            onFocus={({ target }) => setStop(target.dataset.row ?? null)}
          >
            {items.map(({ index, key, start }) => {
              const row = rows[index];
              if (row === undefined) return null;
              return (
                <EventRow
                  key={key}
                  row={row}
                  place={index}
                  top={start}
                  zone={zone}
                  to={linkTo(row.id)}
                  stop={row.id === tabStop}
                  open={row.id === openId}
                />
              );
            })}
          </div>
        </div>
        <div className="flex min-h-12 items-center justify-center px-4 text-xs text-muted">
          {foot}
        </div>
      </div>
    </div>
  );
}
