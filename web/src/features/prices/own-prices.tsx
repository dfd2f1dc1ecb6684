import type { ColumnDef } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { usePages } from "@/api/use-pages";
import { useMay, useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { More } from "@/components/more";
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
import { contextName, sayPrice } from "./rates";
import { stateOf, STATES } from "./state-of";
import { TakeBack } from "./take-back";
import type { Price } from "./use-price-pages";

const MOST = 1000;

/** The prices that the workspace set, whenever they hold: those that begin last first. */
export function OwnPrices() {
  const { zone } = useWorkspace();
  const { administer } = useMay();
  const path = useModelPath();
  const [editing, setEditing] = useState<Price | null>(null);
  const [ending, setEnding] = useState<Price | null>(null);
  const pages = usePages(["prices", "own"], (api, cursor, signal) =>
    api.GET("/api/prices/own", {
      params: { query: { limit: MOST, ...(cursor === undefined ? {} : { cursor }) } },
      signal,
    }),
  );
  const now = pages.dataUpdatedAt;
  // Half of a list in another order would look like all of it.
  const whole = !pages.hasNextPage;
  const columns = useMemo<ColumnDef<Price>[]>(
    () => [
      {
        id: "model",
        header: "Model",
        accessorKey: "model",
        enableSorting: whole,
        meta: { className: "max-w-32 sm:max-w-64 align-top" },
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
            <span className="figures">{sayPrice(documentOf(original.rates))}</span>
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
        enableSorting: whole,
        meta: { className: "align-top" },
        cell: ({ row: { original } }) => (
          <>
            <Badge {...STATES[stateOf(original, now)]} />{" "}
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
                <span className="flex flex-wrap justify-end gap-2">
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
    [administer, now, path, whole, zone],
  );
  return (
    <Card
      title="Your prices"
      about="Of now, to come and ended, USD per million tokens. They go before the price list."
      flush
    >
      <QueryView query={pages} skeleton={<Skeleton className="mx-4 mb-4 h-40" />}>
        {({ pages: read }) => {
          const all = read.flatMap(({ prices }) => prices);
          if (all.length === 0) {
            return (
              <Empty title="No price of your own">
                You are charged by the price list. If your contract says otherwise, or you run a
                model that nobody lists, set a price.
              </Empty>
            );
          }
          return (
            <>
              <DataTable
                caption="Your prices, by their beginning"
                rows={all}
                columns={columns}
                rowId={({ id }) => String(id)}
              />
              <More pages={pages} />
            </>
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
