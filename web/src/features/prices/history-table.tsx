import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Badge } from "@/components/ui/badge";
import { documentOf } from "@/lib/price-document";
import { instant } from "@/lib/times";
import type { PastPrice } from "./history";
import { LAYERS, sayPrice } from "./rates";

/** Every version that was ever recorded, the newest beginning first. */
export function HistoryTable({ prices }: { prices: readonly PastPrice[] }) {
  const { zone } = useWorkspace();
  const columns = useMemo<ColumnDef<PastPrice>[]>(
    () => [
      {
        id: "from",
        header: "From",
        enableSorting: false,
        meta: { className: "align-top whitespace-nowrap" },
        cell: ({ row: { original } }) =>
          original.valid_from === null ? "always" : instant(original.valid_from, zone),
      },
      {
        id: "until",
        header: "Until",
        enableSorting: false,
        meta: { wide: true, className: "align-top whitespace-nowrap text-muted" },
        cell: ({ row: { original } }) =>
          original.valid_until === null ? "" : instant(original.valid_until, zone),
      },
      {
        id: "rates",
        header: "Says",
        enableSorting: false,
        meta: { className: "align-top" },
        cell: ({ row: { original } }) => (
          <span className="figures">
            {original.withdrawn
              ? original.layer === "custom"
                ? "taken back"
                : "no price from here on"
              : sayPrice(documentOf(original.rates))}
          </span>
        ),
      },
      {
        id: "layer",
        header: "From where",
        enableSorting: false,
        meta: { wide: true, className: "align-top" },
        cell: ({ row: { original } }) => (
          <span className="flex flex-wrap items-center gap-1.5">
            <Badge tone={original.layer === "custom" ? "accent" : "neutral"}>
              {LAYERS[original.layer]}
            </Badge>
            {original.replaced && <Badge tone="warn">Replaced</Badge>}
            {original.effective && <Badge tone="good">In force</Badge>}
          </span>
        ),
      },
      {
        id: "recorded",
        header: "Recorded",
        enableSorting: false,
        meta: { wide: true, className: "align-top whitespace-nowrap text-muted" },
        cell: ({ row: { original } }) => instant(original.recorded_at, zone),
      },
    ],
    [zone],
  );
  return (
    <DataTable
      caption="Every version of the price"
      rows={prices}
      columns={columns}
      rowId={({ id }) => String(id)}
    />
  );
}
