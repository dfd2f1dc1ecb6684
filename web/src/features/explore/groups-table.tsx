import type { ColumnDef, SortingState } from "@tanstack/react-table";
import { BookOpen, List } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import type { Groups } from "@/api/groups";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { nameOf, OTHER, type Dimension } from "@/lib/dimensions";
import { compare as compareMoney, placesForLarge, type Money as Amount } from "@/lib/money";
import { change, count, many, percent, short } from "@/lib/numbers";
import { KnownAmount } from "./known-amount";
import { eventsLink, priceLink, providerOf, type Question } from "./question";
import { totalOf, type Row } from "./rows";
import { COLUMNS, type Column, type Order } from "./state";

interface GroupsTableProps {
  caption: string;
  rows: readonly Row[];
  now: Groups;
  before: Groups | null;
  question: Question;
  workspace: number;
  order: Order;
  onOrder: (order: Order) => void;
  nameOfValue: (dimension: Dimension, value: string) => string;
  /** The address of the same screen, narrowed to a value. */
  narrowTo: (dimension: Dimension, value: string) => string;
}

/** What was spent on each value or pair of values, with the ways on from there. */
export function GroupsTable(props: GroupsTableProps) {
  const { caption, rows, now, before, order, onOrder } = props;
  const { question, workspace, nameOfValue, narrowTo } = props;
  const columns = useMemo(
    () => columnsOf({ rows, now, before, question, workspace, nameOfValue, narrowTo }),
    [rows, now, before, question, workspace, nameOfValue, narrowTo],
  );
  const sorting = useMemo(() => {
    // A column that the link sorts by and that is not there: the usual order.
    const there = columns.some(({ id }) => id === order.column);
    return [there ? { id: order.column, desc: order.descending } : { id: "spend", desc: true }];
  }, [columns, order]);
  return (
    <DataTable
      caption={caption}
      rows={rows}
      columns={columns}
      rowId={({ id }) => id}
      sorting={sorting}
      onSorting={([first]: SortingState) => {
        const column = COLUMNS.find((each) => each === first?.id);
        if (column !== undefined && first !== undefined)
          onOrder({ column, descending: first.desc });
      }}
      footer
    />
  );
}

type Given = Omit<GroupsTableProps, "caption" | "order" | "onOrder">;

function columnsOf(given: Given): ColumnDef<Row>[] {
  const { rows, now, before } = given;
  const total = totalOf(now, before);
  const places = placesForLarge(rows.flatMap(({ spend }) => spend ?? []));
  const perCallPlaces = placesForLarge(rows.flatMap(({ perCall }) => perCall ?? []));
  const amount = (
    id: Column,
    header: string,
    of: (row: Omit<Row, "id" | "keys">) => Amount | null,
    look: { signed?: boolean; wide?: boolean; within?: number } = {},
  ): ColumnDef<Row> => ({
    id,
    header,
    accessorFn: (row) => of(row),
    sortingFn: (one, other) => compareKnown(of(one.original), of(other.original)),
    cell: ({ row }) => (
      <Money
        amount={of(row.original)}
        signed={look.signed === true}
        within={look.within ?? places}
      />
    ),
    footer: () => (
      <Money amount={of(total)} signed={look.signed === true} within={look.within ?? places} />
    ),
    meta: { figures: true, wide: look.wide === true },
  });
  const number = (
    id: Column,
    header: string,
    of: (row: Omit<Row, "id" | "keys">) => number | null,
    show: (value: number) => string,
    wide = true,
  ): ColumnDef<Row> => {
    const shown = (value: number | null) =>
      value === null ? <span className="text-muted">–</span> : show(value);
    return {
      id,
      header,
      accessorFn: (row) => of(row) ?? Number.NEGATIVE_INFINITY,
      cell: ({ row }) => shown(of(row.original)),
      footer: () => shown(of(total)),
      meta: { figures: true, wide },
    };
  };
  return [
    ...now.dimensions.map((dimension, place) => valueColumn(given, dimension, place)),
    {
      ...amount("spend", "Spend", ({ spend }) => spend),
      cell: ({ row: { original } }) => (
        <KnownAmount
          spend={original.spend}
          unknown={original.unknown}
          events={original.events}
          places={places}
        />
      ),
    },
    number("share", "Share", ({ share }) => share, percent),
    ...(before === null
      ? []
      : [
          amount("before", "Before", (row) => row.before, { wide: true }),
          amount("difference", "Difference", ({ difference }) => difference, { signed: true }),
          number("change", "Change", (row) => row.change, change),
        ]),
    number("events", "Calls", ({ events }) => events, count),
    number("tokens", "Tokens", ({ tokens }) => tokens, short),
    amount("perCall", "Per call", ({ perCall }) => perCall, { wide: true, within: perCallPlaces }),
    waysColumn(given),
  ];
}

function valueColumn(given: Given, dimension: Dimension, place: number): ColumnDef<Row> {
  const { now, nameOfValue, narrowTo } = given;
  const name = (row: Row) => nameOfValue(dimension, row.keys[dimension] ?? "");
  return {
    id: place === 0 ? "first" : "second",
    header: nameOf(dimension),
    accessorFn: name,
    sortDescFirst: false,
    cell: ({ row: { original } }) => {
      const value = original.keys[dimension] ?? "";
      return (
        <Link
          to={narrowTo(dimension, value)}
          className={`block max-w-80 min-w-24 hover:underline ${value === "" ? "text-muted" : ""}`}
        >
          <Name>{name(original)}</Name>
        </Link>
      );
    },
    footer: place === 0 ? () => totalName(now) : "",
  };
}

function totalName({ rows, cut }: Groups): string {
  return cut ? "Total, of the others too" : `Total of ${many(rows.length, "line")}`;
}

function waysColumn({ now, question, workspace, nameOfValue }: Given): ColumnDef<Row> {
  const { dimensions } = now;
  return {
    id: "ways",
    header: () => <span className="sr-only">Ways on</span>,
    enableSorting: false,
    cell: ({ row: { original } }) => {
      const { keys, events } = original;
      const name = dimensions.map((each) => nameOfValue(each, keys[each] ?? "")).join(", ");
      const model = keys.model ?? "";
      const provider = keys.provider ?? providerOf(now.summary, model);
      // A single call does not know whether it is one of the others.
      const told = events > 0 && !Object.values(keys).includes(OTHER);
      return (
        <span className="flex justify-end">
          {model !== "" && model !== OTHER && (
            <Way to={priceLink(workspace, provider, model)} label={`Price of ${model}`}>
              <BookOpen aria-hidden className="size-4" />
            </Way>
          )}
          {told && (
            <Way to={eventsLink(workspace, question, keys)} label={`Calls of ${name}`}>
              <List aria-hidden className="size-4" />
            </Way>
          )}
        </span>
      );
    },
    meta: { className: "w-0 py-0! pl-0!" },
  };
}

function Way({ to, label, children }: { to: string; label: string; children: ReactNode }) {
  return (
    <Link
      to={to}
      aria-label={label}
      title={label}
      className="grid size-7 place-items-center rounded text-muted hover:bg-sunken hover:text-ink"
    >
      {children}
    </Link>
  );
}

/** Order amounts, those that are not known below all others. */
function compareKnown(one: Amount | null, other: Amount | null): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return compareMoney(one, other);
}
