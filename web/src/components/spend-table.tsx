import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { compare, placesForLarge, sum, type Money as Amount } from "@/lib/money";
import { capital } from "@/lib/sentences";
import type { Bucket, Series } from "./charts/series";
import { DataTable } from "./data-table";
import { Money } from "./money";
import { Name } from "./name";

interface SpendTableProps {
  caption: string;
  /** What a line is: an hour, a day, a month. */
  unit: string;
  buckets: readonly Bucket[];
  series: readonly Series[];
}

interface Row {
  id: string;
  label: string;
  place: number;
  total: Amount;
  amounts: readonly Amount[];
}

/** What the chart of the same shows, in figures. */
export default function SpendTable({ caption, unit, buckets, series }: SpendTableProps) {
  const { rows, columns } = useMemo(() => {
    const rows = buckets.map(({ id, label }, place): Row => {
      const amounts = series.map((each) => each.amounts[place] ?? "0");
      return { id, label, place, total: sum(amounts), amounts };
    });
    const places = placesForLarge(rows.map(({ total }) => total));
    return { rows, columns: columnsOf(rows, series, unit, places) };
  }, [buckets, series, unit]);
  return (
    <DataTable caption={caption} rows={rows} columns={columns} rowId={({ id }) => id} footer />
  );
}

function columnsOf(
  rows: readonly Row[],
  series: readonly Series[],
  unit: string,
  places: number,
): ColumnDef<Row>[] {
  const amountColumn = (
    id: string,
    header: ColumnDef<Row>["header"],
    amountOf: (row: Row) => Amount,
  ): ColumnDef<Row> => ({
    id,
    header,
    accessorFn: amountOf,
    sortingFn: (one, other) => compare(amountOf(one.original), amountOf(other.original)),
    cell: ({ row }) => <Money amount={amountOf(row.original)} within={places} />,
    footer: () => <Money amount={sum(rows.map(amountOf))} within={places} />,
    meta: { figures: true },
  });
  return [
    {
      id: "time",
      header: capital(unit),
      accessorFn: ({ place }) => place,
      cell: ({ row }) => <span className="whitespace-nowrap">{row.original.label}</span>,
      footer: "Total",
    },
    amountColumn("total", "Total", ({ total }) => total),
    ...series.map((each, place) =>
      amountColumn(
        each.id,
        () => <Name className="max-w-36">{each.name}</Name>,
        ({ amounts }) => amounts[place] ?? "0",
      ),
    ),
  ];
}
