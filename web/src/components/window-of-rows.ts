import { useVirtualizer } from "@tanstack/react-virtual";
import type { RefObject } from "react";

// As `DataTable` draws one: a line of text with its padding and border.
const ROW_HEIGHT = 37;
const BEYOND = 12;
const MOST_DRAWN = 200;

interface Window<T> {
  shown: { row: T; place: number }[];
  /** The room of the rows before and after those. */
  above: number;
  below: number;
  /** Too many to draw them all. */
  many: boolean;
}

/** Return the rows of a long table that can be seen in the region it scrolls in; of a short one, all. */
export function useWindow<T>(rows: readonly T[], region: RefObject<HTMLElement | null>): Window<T> {
  const many = rows.length > MOST_DRAWN;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => region.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: BEYOND,
    enabled: many,
  });
  if (!many) {
    return { shown: rows.map((row, place) => ({ row, place })), above: 0, below: 0, many };
  }
  const items = virtualizer.getVirtualItems();
  const shown = items.flatMap(({ index }) => {
    const row = rows[index];
    return row === undefined ? [] : [{ row, place: index }];
  });
  return {
    shown,
    above: items[0]?.start ?? 0,
    below: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    many,
  };
}
