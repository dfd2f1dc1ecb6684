import {
  getCoreRowModel,
  getSortedRowModel,
  useReactTable,
  type ColumnDef,
  type ColumnDefTemplate,
  type RowData,
  type SortingState,
} from "@tanstack/react-table";
import clsx from "clsx";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { useWindow } from "./window-of-rows";

declare module "@tanstack/react-table" {
  // The parameters' names are the library's.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface ColumnMeta<TData extends RowData, TValue> {
    /** Figures stand at the right. */
    figures?: boolean;
    /** Left out on narrow screens. */
    wide?: boolean;
    className?: string;
  }
}

interface DataTableProps<T> {
  /** What the table is, for screen readers. */
  caption: string;
  rows: readonly T[];
  // Each column's values have a type of their own.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  columns: ColumnDef<T, any>[];
  rowId: (row: T) => string;
  /** How the rows are ordered at first; absent, as they come. */
  sorting?: SortingState;
  /** Told of another order: then `sorting` is what holds, and whoever listens keeps it. */
  onSorting?: (sorting: SortingState) => void;
  /** A line of sums under the rows. */
  footer?: boolean;
}

/** A table that can be sorted by its headings, and scrolls sideways by itself where it is too wide. */
export function DataTable<T>({
  caption,
  rows,
  columns,
  rowId,
  sorting: given = [],
  onSorting,
  footer = false,
}: DataTableProps<T>) {
  const [own, setOwn] = useState(given);
  const sorting = onSorting === undefined ? own : given;
  const table = useReactTable({
    data: rows as T[],
    columns,
    state: { sorting },
    onSortingChange: (change) => {
      (onSorting ?? setOwn)(typeof change === "function" ? change(sorting) : change);
    },
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getRowId: rowId,
    sortDescFirst: true,
    enableSortingRemoval: false,
  });
  const region = useRef<HTMLDivElement>(null);
  const all = table.getRowModel().rows;
  const { shown, above, below, many } = useWindow(all, region);
  return (
    <div
      ref={region}
      role="region"
      aria-label={caption}
      tabIndex={0}
      className={clsx(
        // Words for screen readers alone are positioned: in here, or they would widen the page.
        "relative overflow-x-auto focus-visible:-outline-offset-2",
        many && "max-h-[75dvh] overflow-y-auto",
      )}
    >
      <table
        className="w-full border-collapse text-sm"
        aria-rowcount={many ? all.length + 1 : undefined}
      >
        <caption className="sr-only">{caption}</caption>
        <thead className={clsx(many && "sticky top-0 z-10 bg-surface")}>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="text-xs text-muted">
              {group.headers.map(({ id, column, getContext }) => {
                const sorted = column.getIsSorted();
                return (
                  <th
                    key={id}
                    scope="col"
                    aria-sort={
                      sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"
                    }
                    className={clsx("font-medium", cellLook(column.columnDef.meta))}
                  >
                    {column.getCanSort() ? (
                      <button
                        type="button"
                        onClick={column.getToggleSortingHandler()}
                        className={clsx(
                          "inline-flex items-center gap-1 hover:text-ink",
                          sorted !== false && "text-ink",
                        )}
                      >
                        {draw(column.columnDef.header, getContext())}
                        {sorted === "asc" && <ArrowUp aria-hidden className="size-3" />}
                        {sorted === "desc" && <ArrowDown aria-hidden className="size-3" />}
                      </button>
                    ) : (
                      draw(column.columnDef.header, getContext())
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          <Gap height={above} />
          {shown.map(({ row, place }) => (
            <tr
              key={row.id}
              aria-rowindex={many ? place + 2 : undefined}
              className="border-t border-line hover:bg-sunken/60"
            >
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={cellLook(cell.column.columnDef.meta)}>
                  {draw(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
          <Gap height={below} />
        </tbody>
        {footer && (
          <tfoot className={clsx(many && "sticky bottom-0 bg-surface")}>
            {table.getFooterGroups().map((group) => (
              <tr key={group.id} className="border-t border-line font-medium">
                {group.headers.map(({ id, column, getContext }) => (
                  <td key={id} className={cellLook(column.columnDef.meta)}>
                    {draw(column.columnDef.footer, getContext())}
                  </td>
                ))}
              </tr>
            ))}
          </tfoot>
        )}
      </table>
    </div>
  );
}

/**
 * Draw a heading or a cell. Its function is called, not made a component of: columns that are made anew with
 * new data would be components of another kind, and each cell would lose its focus and a click half done.
 */
function draw<C extends object>(given: ColumnDefTemplate<C> | undefined, context: C): ReactNode {
  return typeof given === "function" ? (given(context) as ReactNode) : given;
}

/** The room of rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height === 0) return null;
  return (
    <tr aria-hidden>
      <td style={{ height, padding: 0 }} />
    </tr>
  );
}

function cellLook(
  meta: { figures?: boolean; wide?: boolean; className?: string } | undefined,
): string {
  return clsx(
    // Where there is little room it is for what stands in the cells, not between them.
    "px-2 py-2 first:pl-4 last:pr-4 sm:px-4",
    meta?.figures === true ? "text-right" : "text-left",
    meta?.wide === true && "hidden md:table-cell",
    meta?.className,
  );
}
