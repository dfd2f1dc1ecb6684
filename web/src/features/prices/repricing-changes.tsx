import type { Schemas } from "@llmlab/client";
import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { Card } from "@/components/ui/card";
import { PRICE_STATUS } from "@/lib/dimensions";
import { compare, placesFor } from "@/lib/money";
import { count } from "@/lib/numbers";
import { day } from "@/lib/times";

type Change = Schemas["ModelChange"] | Schemas["DayChange"] | Schemas["StatusChange"];

const MOST = 200;

const MODEL: ColumnDef<Schemas["ModelChange"]> = {
  id: "model",
  header: "Model",
  enableSorting: false,
  meta: { className: "max-w-32 sm:max-w-64" },
  cell: ({ row: { original } }) => (
    <>
      <Name className="font-medium">
        {original.model === "(other)" ? "All others" : original.model}
      </Name>
      <Name className="text-xs text-muted">{original.provider}</Name>
    </>
  ),
};

const DAY: ColumnDef<Schemas["DayChange"]> = {
  accessorKey: "day",
  header: "Day",
  cell: ({ row: { original } }) => day(original.day),
};

const STATUS: ColumnDef<Schemas["StatusChange"]> = {
  id: "status",
  header: "Was, becomes",
  enableSorting: false,
  cell: ({ row: { original } }) =>
    original.before === original.after
      ? statusName(original.after)
      : `${statusName(original.before)} → ${statusName(original.after).toLowerCase()}`,
};

/** What changes, model by model. */
export function ModelChanges({ changes }: { changes: readonly Schemas["ModelChange"][] }) {
  return (
    <Changes
      title="By model"
      changes={changes}
      id={({ provider, model }) => `${provider}/${model}`}
      first={MODEL}
    />
  );
}

/** What changes, day by day. */
export function DayChanges({ changes }: { changes: readonly Schemas["DayChange"][] }) {
  return <Changes title="By day" changes={changes} id={({ day: date }) => date} first={DAY} />;
}

/** Which calls become something else: unpriced ones priced, and the like. */
export function StatusChanges({ changes }: { changes: readonly Schemas["StatusChange"][] }) {
  return (
    <Changes
      title="By price status"
      changes={changes}
      id={({ before, after }) => `${before}>${after}`}
      first={STATUS}
    />
  );
}

interface ChangesProps<T extends Change> {
  title: string;
  changes: readonly T[];
  id: (change: T) => string;
  first: ColumnDef<T>;
}

function Changes<T extends Change>({ title, changes, id, first }: ChangesProps<T>) {
  const shown = changes.slice(0, MOST);
  const places = placesFor(shown.map(({ difference }) => difference));
  const columns = useMemo<ColumnDef<T>[]>(
    () => [
      first,
      {
        id: "events",
        header: "Calls",
        accessorFn: ({ events }) => events,
        meta: { figures: true, wide: true },
        cell: ({ row: { original } }) => count(original.events),
      },
      {
        id: "before",
        header: "Spend before",
        enableSorting: false,
        meta: { figures: true, wide: true },
        cell: ({ row: { original } }) => <Money amount={original.cost_before} places={places} />,
      },
      {
        id: "after",
        header: "Spend after",
        enableSorting: false,
        meta: { figures: true, wide: true },
        cell: ({ row: { original } }) => <Money amount={original.cost} places={places} />,
      },
      {
        id: "difference",
        header: "Difference",
        accessorFn: ({ difference }) => difference,
        sortingFn: (one, other) => compare(one.original.difference, other.original.difference),
        meta: { figures: true },
        cell: ({ row: { original } }) => (
          <Money amount={original.difference} places={places} signed className="font-medium" />
        ),
      },
    ],
    [first, places],
  );
  return (
    <Card title={title} flush>
      <DataTable
        caption={`What changes ${title.toLowerCase()}`}
        rows={shown}
        columns={columns}
        rowId={id}
      />
      {changes.length > MOST && (
        <p className="px-4 py-2 text-xs text-muted">
          The first {MOST} of {count(changes.length)}.
        </p>
      )}
    </Card>
  );
}

function statusName(status: string): string {
  return PRICE_STATUS[status] ?? status;
}
