import type { ColumnDef } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { readSummary } from "@/api/costs";
import { useRead } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { daysOf } from "@/lib/ranges";
import { count, many } from "@/lib/numbers";
import { MappingDialog } from "./mapping-dialog";
import { PriceDialog } from "./price-dialog";

interface Named {
  provider: string;
  model: string;
}

interface UnpricedModel extends Named {
  events: number;
  tokens: number;
}

const RANGE = "90d";
const MOST = 50;

/** Models that were called and have no price: their calls are in no total until they have one. */
export function Unpriced() {
  const { id, zone } = useWorkspace();
  const { administer } = useMay();
  const days = daysOf(RANGE, zone);
  const [pricing, setPricing] = useState<Named | null>(null);
  const [mapping, setMapping] = useState<Named | null>(null);
  const found = useRead(
    ["unpriced", days, zone],
    (api, signal) =>
      readSummary(api, { days, zone, filters: { price_status: ["unpriced"] } }, signal),
    { moving: true },
  );
  const models = [...(found.data?.by_model ?? [])].sort((one, other) => other.events - one.events);
  const columns = useMemo<ColumnDef<UnpricedModel>[]>(
    () => [
      {
        id: "model",
        header: "Model",
        meta: { className: "max-w-32 sm:max-w-64" },
        accessorKey: "model",
        cell: ({ row: { original } }) => (
          <>
            <Name className="font-medium">{original.model}</Name>
            <Name className="text-xs text-muted">{original.provider}</Name>
          </>
        ),
      },
      {
        accessorKey: "events",
        header: "Calls",
        meta: { figures: true },
        cell: ({ row: { original } }) => (
          <Link
            className="text-accent hover:underline"
            to={`/w/${String(id)}/events?${new URLSearchParams({
              range: RANGE,
              provider: original.provider,
              model: original.model,
              price_status: "unpriced",
            }).toString()}`}
          >
            {count(original.events)}
          </Link>
        ),
      },
      {
        accessorKey: "tokens",
        header: "Tokens",
        meta: { figures: true, wide: true },
        cell: ({ row: { original } }) => count(original.tokens),
      },
      ...(administer
        ? [
            {
              id: "deed",
              header: () => <span className="sr-only">What to do</span>,
              enableSorting: false,
              meta: { figures: true },
              cell: ({ row: { original } }) => (
                <span className="flex flex-wrap justify-end gap-2">
                  <Button size="small" onClick={() => setPricing(original)}>
                    Give it a price
                  </Button>
                  <Button size="small" onClick={() => setMapping(original)}>
                    It is another model
                  </Button>
                </span>
              ),
            } satisfies ColumnDef<UnpricedModel>,
          ]
        : []),
    ],
    [id, administer],
  );
  const dialogs = (
    <>
      {pricing !== null && (
        <PriceDialog start={{ kind: "unpriced", ...pricing }} onClose={() => setPricing(null)} />
      )}
      {mapping !== null && (
        <MappingDialog
          provider={mapping.provider}
          name={mapping.model}
          onClose={() => setMapping(null)}
        />
      )}
    </>
  );
  // Nothing is wrong, or it is not known: the book below stands for itself.
  if (models.length === 0) return dialogs;
  return (
    <>
      <Card
        title={`${many(models.length, "model")} without a price`}
        about={
          administer
            ? "Their calls of the last 90 days are in no total. As soon as they have a price, they are charged by themselves."
            : "Their calls of the last 90 days are in no total. An admin of the workspace can give them a price."
        }
        flush
        className="border-warn"
      >
        <DataTable
          caption="Models without a price, by calls"
          rows={models.slice(0, MOST)}
          columns={columns}
          rowId={({ provider, model }) => `${provider}/${model}`}
          sorting={[{ id: "events", desc: true }]}
        />
        {models.length > MOST && (
          <p className="border-t border-line px-4 py-2 text-xs text-muted">
            The {MOST} with the most calls of {count(models.length)}.
          </p>
        )}
      </Card>
      {dialogs}
    </>
  );
}
