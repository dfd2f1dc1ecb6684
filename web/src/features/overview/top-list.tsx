import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { knownSpend, readGroups, type SpentOn } from "@/api/groups";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { ShareBar } from "@/components/share-bar";
import { Card } from "@/components/ui/card";
import { QueryView } from "@/components/query-view";
import { Skeleton } from "@/components/ui/states";
import { inWords, OTHER, type Dimension } from "@/lib/dimensions";
import { isBase } from "@/lib/kept";
import { placesForLarge, share, type Money as Amount } from "@/lib/money";
import { many, percent } from "@/lib/numbers";
import type { Days, Range } from "@/lib/ranges";
import { exploreLink, valueLink } from "./explore-links";

interface TopListProps {
  title: string;
  dimension: Dimension;
  range: Range;
  actions?: ReactNode;
  nameOf: (dimension: Dimension, value: string) => string;
}

const ROWS = 7;
// Long lists of values: not with every call.
const LISTS_MS = 20_000;

/**
 * What cost most in a dimension, each a way to what it consists of. Its key is to be the dimension: rows of
 * another one are none of its own.
 */
export function TopList(props: TopListProps & { days: Days; ready: boolean }) {
  const { title, dimension, days, ready, actions } = props;
  const { zone } = useWorkspace();
  const top = useRead(
    ["top", dimension, days, zone],
    (api, signal) => readGroups(api, { days, zone, dimensions: [dimension] }, signal),
    // With every call where that is quickly told.
    { enabled: ready, ...(isBase([dimension]) ? { moving: true } : { every: LISTS_MS }) },
  );
  return (
    <Card title={title} actions={actions} flush>
      <QueryView query={top} skeleton={<RowsSkeleton />}>
        {({ rows, summary, cut }) =>
          rows.every(({ keys }) => keys[dimension] === "") ? (
            <p className="px-4 pt-1 pb-4 text-sm text-muted">
              {rows.length === 0
                ? "No calls in this time."
                : `No call of this time names its ${inWords(dimension)}.`}
            </p>
          ) : (
            <div className={top.isPlaceholderData ? "opacity-60" : undefined}>
              <Rows {...props} rows={rows} cut={cut} whole={summary.total_spend} />
            </div>
          )
        }
      </QueryView>
    </Card>
  );
}

interface RowsProps extends TopListProps {
  rows: readonly SpentOn[];
  /** Whether there are more than these. */
  cut: boolean;
  whole: Amount;
}

function Rows(props: RowsProps) {
  const { dimension, range, rows, cut } = props;
  const { id } = useWorkspace();
  const shown = rows.slice(0, ROWS);
  const places = placesForLarge(shown.map(({ spend }) => spend));
  return (
    <>
      <ul className="pb-1">
        {shown.map((row) => (
          <li key={row.keys[dimension]}>
            <RowLink {...props} row={row} places={places} />
          </li>
        ))}
      </ul>
      <p className="flex flex-wrap items-center justify-between gap-2 border-t border-line px-4 py-2 text-xs text-muted">
        <Link
          to={exploreLink(id, range, { by: dimension })}
          className="inline-flex min-h-6 items-center gap-1 text-accent hover:underline"
        >
          {cut
            ? "More than 10,000 values"
            : rows.length > ROWS
              ? `All ${many(rows.length, "value")}`
              : "Explore"}
          <ArrowRight aria-hidden className="size-3.5" />
        </Link>
        {shown.some(({ keys }) => keys[dimension] === OTHER) && (
          <span>(other) adds up the many small ones of busy days</span>
        )}
      </p>
    </>
  );
}

function RowLink(props: TopListProps & { row: SpentOn; whole: Amount; places: number }) {
  const { dimension, range, nameOf, row, whole, places } = props;
  const { id } = useWorkspace();
  const { spend, events, unknown } = row;
  const value = row.keys[dimension] ?? "";
  const known = knownSpend(row);
  const fraction = known === null ? null : share(spend, whole);
  return (
    <Link
      to={valueLink(id, range, dimension, value)}
      className="grid min-h-8 grid-cols-[minmax(0,1fr)_auto_3rem] items-center gap-x-3 px-4 py-1.5 hover:bg-sunken focus-visible:-outline-offset-2"
    >
      <span className="min-w-0">
        <Name className={value === "" ? "text-muted" : ""}>{nameOf(dimension, value)}</Name>
        <span className="mt-1 block">
          <ShareBar fraction={fraction} />
        </span>
      </span>
      <span className="text-right">
        <Money amount={known} within={places} />
        <span className="sr-only">, {many(events, "call")}, </span>
        {unknown !== null && unknown > 0 && (
          <span className="block text-xs text-warn">
            {known === null ? many(unknown, "call") : `+ ${many(unknown, "call")}`} not priced
          </span>
        )}
      </span>
      <span className="figures text-right text-xs text-muted">
        {fraction === null ? "–" : percent(fraction)}
      </span>
    </Link>
  );
}

export function RowsSkeleton() {
  return (
    <div className="grid gap-3 px-4 pt-1 pb-4">
      {Array.from({ length: ROWS }, (_, place) => (
        <Skeleton key={place} className="h-6" />
      ))}
    </div>
  );
}
