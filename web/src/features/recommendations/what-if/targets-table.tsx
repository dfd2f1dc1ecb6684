import type { Schemas } from "@llmlab/client";
import type { ColumnDef } from "@tanstack/react-table";
import clsx from "clsx";
import { useMemo } from "react";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { compare, isNegative, isZero, placesFor } from "@/lib/money";
import { count, many } from "@/lib/numbers";
import { CLASS_NAMES, type TokenClass } from "@/lib/token-classes";

type Target = Schemas["Target"];

/** The same calls on each model, the cheapest first unless sorted otherwise. */
export function TargetsTable({ targets }: { targets: readonly Target[] }) {
  const columns = useMemo(() => columnsOf(targets), [targets]);
  return (
    <DataTable
      caption="What these calls would cost on each model"
      rows={targets}
      columns={columns}
      rowId={({ provider, model }) => `${provider}/${model}`}
      sorting={[{ id: "cost", desc: false }]}
    />
  );
}

function columnsOf(targets: readonly Target[]): ColumnDef<Target>[] {
  const amounts = (name: "cost" | "difference" | "cost_per_call"): string[] =>
    targets.map((target) => target[name]).filter((amount) => amount !== null);
  const money = (
    id: "cost" | "difference" | "cost_per_call",
    header: string,
    wide: boolean,
  ): ColumnDef<Target> => {
    const places = placesFor(amounts(id));
    return {
      id,
      header,
      accessorFn: (target) => target[id],
      sortingFn: (one, other) => order(one.original[id], other.original[id]),
      cell: ({ row: { original } }) => (
        <Money
          amount={original[id]}
          places={places}
          signed={id === "difference"}
          className={id === "difference" ? look(original[id]) : undefined}
        />
      ),
      meta: { figures: true, wide },
    };
  };
  return [
    {
      id: "model",
      header: "Model",
      accessorFn: ({ provider, model }) => `${provider}/${model}`,
      cell: ({ row: { original } }) => (
        <div className="grid max-w-72 min-w-32">
          <Name className="font-medium">{original.model}</Name>
          <Name className="text-xs text-muted">{original.provider}</Name>
          <NotPriced target={original} />
        </div>
      ),
    },
    {
      id: "calls",
      header: "Calls priced",
      accessorKey: "calls",
      cell: ({ row: { original } }) => count(original.calls),
      meta: { figures: true, wide: true },
    },
    money("cost", "Would cost", false),
    money("difference", "Difference", false),
    {
      id: "percent",
      header: "%",
      accessorFn: ({ difference_percent: part }) => part,
      sortingFn: (one, other) =>
        order(one.original.difference_percent, other.original.difference_percent),
      cell: ({ row: { original } }) => {
        const { difference, difference_percent: part } = original;
        return part === null ? (
          <Money amount={null} />
        ) : (
          <span className={look(difference)}>{signed(part)}</span>
        );
      },
      meta: { figures: true },
    },
    money("cost_per_call", "A call", true),
  ];
}

function NotPriced({ target }: { target: Target }) {
  const { not_priced, unpriced_calls_cost: more } = target;
  return (
    <>
      {not_priced.map(({ reason, calls, classes }) => (
        <span key={reason + classes.join()} className="text-xs text-warn">
          {many(calls, "call")} not priced:{" "}
          {reason === "no_price"
            ? "no price is known"
            : `no price for ${classes.map(nameOfClass).join(", ")}`}
        </span>
      ))}
      {more !== null && !isZero(more) && (
        <span className="text-xs text-muted">
          <Money amount={more} /> more for calls without a price of their own
        </span>
      )}
    </>
  );
}

// What is not known comes last where the cheapest are first.
function order(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return compare(one, other);
}

function look(difference: string | null): string {
  return clsx(
    difference !== null &&
      !isZero(difference) &&
      (isNegative(difference) ? "text-good" : "text-bad"),
  );
}

function signed(part: string): string {
  if (part.startsWith("-")) return `−${part.slice(1)}%`;
  return /^0(\.0+)?$/.test(part) ? "0%" : `+${part}%`;
}

function nameOfClass(name: string): string {
  return Object.hasOwn(CLASS_NAMES, name) ? CLASS_NAMES[name as TokenClass] : name;
}
