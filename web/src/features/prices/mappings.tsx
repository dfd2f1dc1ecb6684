import type { Schemas } from "@llmlab/client";
import type { ColumnDef } from "@tanstack/react-table";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useDeed, useRead } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Empty, Skeleton } from "@/components/ui/states";
import { MappingDialog } from "./mapping-dialog";

type Mapping = Schemas["Mapping"];

const MOST = 1000;

/** The workspace's own names of models, and what they stand for. */
export function Mappings() {
  const { administer } = useMay();
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Mapping | null>(null);
  const [removing, setRemoving] = useState<Mapping | null>(null);
  const mappings = useRead(["mappings"], (api, signal) =>
    api.GET("/api/prices/mappings", { params: { query: { limit: MOST } }, signal }),
  );
  const remove = useDeed(
    (api, { provider, name }: Mapping) =>
      api.DELETE("/api/prices/mappings", { params: { query: { provider, name } } }),
    { done: "The name was removed", onDone: () => setRemoving(null) },
  );
  const columns = useMemo<ColumnDef<Mapping>[]>(
    () => [
      {
        accessorKey: "name",
        header: "Name that calls have",
        meta: { className: "max-w-32 sm:max-w-64" },
        cell: ({ row: { original } }) => (
          <>
            <Name className="font-medium">{original.name}</Name>
            <Name className="text-xs text-muted">{original.provider}</Name>
          </>
        ),
      },
      {
        accessorKey: "model",
        header: "Stands for",
        meta: { className: "max-w-32 sm:max-w-64" },
        cell: ({ row: { original } }) => (
          <>
            <Name>{original.model}</Name>
            <Name className="text-xs text-muted">{original.target_provider}</Name>
          </>
        ),
      },
      ...(administer
        ? [
            {
              id: "deeds",
              header: () => <span className="sr-only">What to do</span>,
              enableSorting: false,
              meta: { figures: true },
              cell: ({ row: { original } }) => (
                <span className="flex flex-wrap justify-end gap-2">
                  <Button size="small" onClick={() => setChanging(original)}>
                    Change
                  </Button>
                  <Button size="small" tone="danger" onClick={() => setRemoving(original)}>
                    Remove
                  </Button>
                </span>
              ),
            } satisfies ColumnDef<Mapping>,
          ]
        : []),
    ],
    [administer],
  );
  return (
    <Card
      title="Names of your own"
      about="Deployments, fine-tunes, profiles: calls of these names are priced as the models they stand for."
      actions={
        administer && (
          <Button size="small" onClick={() => setAdding(true)}>
            <Plus aria-hidden /> Add a name
          </Button>
        )
      }
      flush
    >
      <QueryView query={mappings} skeleton={<Skeleton className="mx-4 mb-4 h-32" />}>
        {({ mappings: all, next_cursor: more }) =>
          all.length === 0 ? (
            <Empty title="No name of your own">
              Models that you call by a name which no list knows are told at the price book, with
              what they stand for still to be said.
            </Empty>
          ) : (
            <>
              <DataTable
                caption="Names of your own and what they stand for"
                rows={all}
                columns={columns}
                rowId={({ provider, name }) => `${provider}/${name}`}
              />
              {more !== null && (
                <p className="px-4 py-2 text-xs text-muted">The first {MOST} of them.</p>
              )}
            </>
          )
        }
      </QueryView>
      {adding && <MappingDialog onClose={() => setAdding(false)} />}
      {changing !== null && (
        <MappingDialog
          provider={changing.provider}
          name={changing.name}
          model={changing.model}
          targetProvider={changing.target_provider}
          onClose={() => setChanging(null)}
        />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title="Remove this name?"
        deed="Remove"
        dangerous
        busy={remove.isPending}
        onConfirm={() => {
          if (removing !== null) remove.mutate(removing);
        }}
      >
        New calls of <bdi className="font-medium break-all text-ink">{removing?.name}</bdi> have no
        price from then on, unless the book finds one in another way. Calls that were priced by it
        keep what they cost.
      </Confirm>
    </Card>
  );
}
