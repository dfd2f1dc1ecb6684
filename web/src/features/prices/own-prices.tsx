import type { ColumnDef } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useRead } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { documentOf } from "@/lib/price-document";
import { instant } from "@/lib/times";
import { useModelPath } from "./frame";
import { PriceDialog } from "./price-dialog";
import { contextName, linesOf } from "./rates";
import { TakeBack } from "./take-back";
import type { Price } from "./use-price-pages";

const MOST = 1000;
// Prices may begin up to ten years from now; what was set last for then stands beside what holds now.
const AHEAD_YEARS = 10;

/** The prices that the workspace set: those in force, and those that are still to come. */
export function OwnPrices() {
  const { zone } = useWorkspace();
  const { administer } = useMay();
  const path = useModelPath();
  const [editing, setEditing] = useState<Price | null>(null);
  const [ending, setEnding] = useState<Price | null>(null);
  const now = useOwnPrices(null);
  const later = useOwnPrices(ahead());
  const columns = useMemo<ColumnDef<Price>[]>(
    () => [
      {
        id: "model",
        header: "Model",
        accessorKey: "model",
        meta: { className: "max-w-64 align-top" },
        cell: ({ row: { original } }) => (
          <>
            <Link
              to={path(original.provider, original.model)}
              className="block font-medium text-accent hover:underline"
            >
              <Name>{original.model === "*" ? "All models" : original.model}</Name>
            </Link>
            <Name className="text-xs text-muted">
              {original.context === ""
                ? original.provider
                : `${original.provider}, ${contextName(original.context).toLowerCase()}`}
            </Name>
          </>
        ),
      },
      {
        id: "says",
        header: "Says",
        enableSorting: false,
        meta: { className: "align-top" },
        cell: ({ row: { original } }) => (
          <>
            <span className="figures">
              {linesOf(documentOf(original.rates))
                .map(({ name, value }) => `${name.toLowerCase()} ${value.replace(" per 1M", "")}`)
                .join(" · ")}
            </span>
            {original.source !== "" && (
              <span className="block text-xs break-words text-muted">{original.source}</span>
            )}
          </>
        ),
      },
      {
        id: "holds",
        header: "Holds",
        accessorFn: ({ valid_from: from }) => from ?? "",
        meta: { wide: true, className: "align-top" },
        cell: ({ row: { original } }) => (
          <>
            {original.valid_from !== null && Date.parse(original.valid_from) > Date.now() && (
              <Badge tone="accent">To come</Badge>
            )}{" "}
            {original.valid_from === null ? "always" : `from ${instant(original.valid_from, zone)}`}
            {original.valid_until !== null && (
              <span className="block text-muted">until {instant(original.valid_until, zone)}</span>
            )}
          </>
        ),
      },
      ...(administer
        ? [
            {
              id: "deeds",
              header: () => <span className="sr-only">What to do</span>,
              enableSorting: false,
              meta: { figures: true, className: "align-top" },
              cell: ({ row: { original } }) => (
                <span className="flex justify-end gap-2">
                  <Button size="small" onClick={() => setEditing(original)}>
                    Change
                  </Button>
                  <Button size="small" tone="danger" onClick={() => setEnding(original)}>
                    Take back
                  </Button>
                </span>
              ),
            } satisfies ColumnDef<Price>,
          ]
        : []),
    ],
    [administer, path, zone],
  );
  return (
    <Card
      title="Your prices"
      about="In force or to come, USD per million tokens. They go before the price list."
      flush
    >
      <QueryView query={now} skeleton={<Skeleton className="mx-4 mb-4 h-40" />}>
        {({ prices }) => {
          const all = together(prices, later.data?.prices ?? []);
          if (all.length === 0) {
            return (
              <Empty title="No price of your own">
                You are charged by the price list. If your contract says otherwise, or you run a
                model that nobody lists, set a price.
              </Empty>
            );
          }
          return (
            <DataTable
              caption="Your prices, by model"
              rows={all}
              columns={columns}
              rowId={({ id }) => String(id)}
            />
          );
        }}
      </QueryView>
      {editing !== null && (
        <PriceDialog start={{ kind: "edit", price: editing }} onClose={() => setEditing(null)} />
      )}
      <TakeBack price={ending} onClose={() => setEnding(null)} />
    </Card>
  );
}

function useOwnPrices(at: string | null) {
  return useRead(["prices", "own", at], (api, signal) =>
    api.GET("/api/prices", {
      params: { query: { layer: "custom", limit: MOST, ...(at === null ? {} : { at }) } },
      signal,
    }),
  );
}

function together(now: readonly Price[], later: readonly Price[]): Price[] {
  const known = new Set(now.map(({ id }) => id));
  return [...now, ...later.filter(({ id }) => !known.has(id))];
}

function ahead(): string {
  return `${String(new Date().getUTCFullYear() + AHEAD_YEARS)}-12-31`;
}
