import type { ColumnDef } from "@tanstack/react-table";
import type { Schemas } from "@llmlab/client";
import { useMemo } from "react";
import { Link } from "react-router";
import { queryOf } from "@/api/costs";
import { knownSpend } from "@/api/groups";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/states";
import { PRICE_STATUS, STATUS } from "@/lib/dimensions";
import { placesForLarge } from "@/lib/money";
import { many, short } from "@/lib/numbers";
import { instant } from "@/lib/times";
import { eventsLink, type Question } from "./question";

type CostEvent = Schemas["CostEvent"];

interface TogetherDialogProps {
  what: "session" | "trace";
  id: string;
  /** What the list says about it; null where a link names one that is not in the list. */
  session: Schemas["CostSession"] | null;
  question: Question;
  onClose: () => void;
}

const MOST = 200;

/** The calls of one session or trace, in the order they were made. */
export function TogetherDialog({ what, id, session, question, onClose }: TogetherDialogProps) {
  const { id: workspace } = useWorkspace();
  const { days, zone, filters } = question;
  const calls = useRead(
    ["together", what, id, days, zone, filters],
    (api, signal) =>
      api.GET("/api/costs", {
        params: {
          query: { ...queryOf({ days, zone, filters }), [`${what}_id`]: id, limit: MOST } as never,
        },
        signal,
      }),
    { keep: false },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={what === "session" ? "Calls of a session" : "Calls of a trace"}
      about={
        <>
          <Name mono>{id}</Name>
          {session !== null && (
            <>
              <Money amount={knownSpend(session)} />, {many(session.events, "call")}
            </>
          )}
        </>
      }
    >
      <QueryView query={calls} skeleton={<Skeleton className="h-48" />}>
        {({ costs, next_cursor: more }) => (
          <>
            {costs.length === 0 ? (
              <p className="py-6 text-center text-sm text-muted">
                It has no calls in this time that fit the filters.
              </p>
            ) : (
              <CallTable calls={costs} zone={zone} workspace={workspace} />
            )}
            {more !== null && (
              <p className="mt-2 text-xs text-muted">The latest {MOST} of its calls.</p>
            )}
          </>
        )}
      </QueryView>
      <div className="mt-4 flex justify-end">
        <ButtonLink to={eventsLink(workspace, question, { [`${what}_id`]: id })}>
          Show them among the events
        </ButtonLink>
      </div>
    </Dialog>
  );
}

interface CallTableProps {
  calls: readonly CostEvent[];
  zone: string;
  workspace: number;
}

function CallTable({ calls, zone, workspace }: CallTableProps) {
  const { rows, columns } = useMemo(() => {
    const places = placesForLarge(calls.flatMap(({ cost }) => cost ?? []));
    const columns: ColumnDef<CostEvent>[] = [
      {
        id: "time",
        header: "Time",
        enableSorting: false,
        cell: ({ row: { original } }) => (
          <Link
            to={`/w/${String(workspace)}/events?range=all&event=${original.id}`}
            className="figures inline-flex min-h-6 items-center whitespace-nowrap text-accent hover:underline"
          >
            {instant(original.timestamp, zone)}
          </Link>
        ),
      },
      {
        id: "model",
        header: "Model",
        enableSorting: false,
        cell: ({ row }) => <Name className="max-w-56">{row.original.model}</Name>,
      },
      {
        id: "tokens",
        header: "Tokens",
        enableSorting: false,
        cell: ({ row: { original } }) => tokensOf(original),
        meta: { figures: true, wide: true },
      },
      {
        id: "cost",
        header: "Cost",
        enableSorting: false,
        cell: ({ row }) => <Money amount={row.original.cost} within={places} />,
        meta: { figures: true },
      },
      {
        id: "state",
        header: "State",
        enableSorting: false,
        cell: ({ row }) => <State call={row.original} />,
        meta: { wide: true },
      },
    ];
    // The API lists the newest first.
    return { rows: calls.toReversed(), columns };
  }, [calls, zone, workspace]);
  return (
    <DataTable
      caption="Calls, in the order they were made"
      rows={rows}
      columns={columns}
      rowId={({ id }) => id}
    />
  );
}

function tokensOf({ input_tokens: input, output_tokens: output }: CostEvent): string {
  if (input === null && output === null) return "–";
  return `${short(input ?? 0)} → ${short(output ?? 0)}`;
}

function State({ call: { status, price_status: price } }: { call: CostEvent }) {
  if (status !== "ok") return <Badge tone="bad">{STATUS[status]}</Badge>;
  if (price === "unpriced" || price === "missing" || price === "quarantined")
    return <Badge tone="warn">{PRICE_STATUS[price]}</Badge>;
  return null;
}
