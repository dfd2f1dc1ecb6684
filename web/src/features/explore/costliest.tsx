import type { ColumnDef } from "@tanstack/react-table";
import type { Schemas } from "@llmlab/client";
import { Waypoints } from "lucide-react";
import { useMemo } from "react";
import { queryOf } from "@/api/costs";
import { knownSpend } from "@/api/groups";
import { useRead } from "@/api/use-read";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { compare, placesForLarge } from "@/lib/money";
import { count, duration, many, short } from "@/lib/numbers";
import { nameOf as nameOfRange, type Range } from "@/lib/ranges";
import { instant } from "@/lib/times";
import { KnownAmount } from "./known-amount";
import type { Question } from "./question";
import { Refusal } from "./refusal";
import { TogetherDialog } from "./together-dialog";

type Session = Schemas["CostSession"];

interface CostliestProps {
  what: "session" | "trace";
  question: Question;
  /** The one whose calls are shown; empty: none. */
  open: string;
  onOpen: (id: string) => void;
  onRange: (range: Range) => void;
}

const MOST = 100;
const NAMES = {
  session: {
    some: "sessions",
    field: "session_id",
    about: "Calls that belong together by their session, such as a conversation.",
  },
  trace: {
    some: "traces",
    field: "trace_id",
    about: "Calls that belong together by their trace, such as one run of an agent.",
  },
};

/** The sessions or traces that cost most, each with its calls. */
export function Costliest({ what, question, open, onOpen, onRange }: CostliestProps) {
  const { days, zone, filters } = question;
  const { some, field, about } = NAMES[what];
  const found = useRead(["costliest", what, days, zone, filters], (api, signal) =>
    api.GET("/api/costs/sessions", {
      params: { query: { ...queryOf({ days, zone, filters }), by: what, limit: MOST } },
      signal,
    }),
  );
  if (found.isError && found.data === undefined) {
    return (
      <Card>
        <Refusal
          error={found.error}
          question={question}
          onRange={onRange}
          onRetry={() => void found.refetch()}
        />
      </Card>
    );
  }
  return (
    <Card title={`Costliest ${some}`} about={about} flush>
      <QueryView query={found} skeleton={<Skeleton className="mx-4 mb-4 h-80" />}>
        {({ sessions, scanned, without }) =>
          sessions.length === 0 ? (
            <Empty icon={Waypoints} title={`No ${some} in this time`}>
              {scanned === 0 ? (
                "No calls fit that."
              ) : (
                <>
                  None of {many(scanned, "call")} names one. Report calls with <code>{field}</code>{" "}
                  to see here what belongs together.
                </>
              )}
            </Empty>
          ) : (
            <div className={found.isPlaceholderData ? "opacity-60" : undefined}>
              <SessionTable
                what={what}
                caption={`Costliest ${some}, ${nameOfRange(question.range)}`}
                sessions={sessions}
                zone={zone}
                onOpen={onOpen}
              />
              <p className="border-t border-line px-4 py-3 text-xs text-muted">
                {sessions.length === MOST && `The ${count(MOST)} dearest. `}
                {many(scanned, "call")} of this time looked at one by one
                {without > 0 && `; ${many(without, "call")} name no ${what}`}.
              </p>
              {open !== "" && (
                <TogetherDialog
                  what={what}
                  id={open}
                  session={sessions.find(({ id }) => id === open) ?? null}
                  question={question}
                  onClose={() => onOpen("")}
                />
              )}
            </div>
          )
        }
      </QueryView>
    </Card>
  );
}

interface SessionTableProps {
  what: "session" | "trace";
  caption: string;
  sessions: readonly Session[];
  zone: string;
  onOpen: (id: string) => void;
}

const DEAREST = [{ id: "spend", desc: true }];

function SessionTable({ what, caption, sessions, zone, onOpen }: SessionTableProps) {
  const columns = useMemo<ColumnDef<Session>[]>(() => {
    const places = placesForLarge(sessions.map(({ spend }) => spend));
    const figures = { figures: true };
    return [
      {
        id: "id",
        header: what === "session" ? "Session" : "Trace",
        enableSorting: false,
        cell: ({ row: { original } }) => (
          <button
            type="button"
            onClick={() => onOpen(original.id)}
            className="block min-h-6 max-w-64 min-w-24 text-left text-accent hover:underline"
          >
            <Name mono>{original.id}</Name>
          </button>
        ),
      },
      {
        id: "spend",
        header: "Spend",
        accessorKey: "spend",
        sortingFn: (one, other) => compare(one.original.spend, other.original.spend),
        cell: ({ row: { original } }) => (
          <KnownAmount
            spend={knownSpend(original)}
            unknown={original.unknown}
            events={original.events}
            places={places}
          />
        ),
        meta: figures,
      },
      {
        header: "Calls",
        accessorKey: "events",
        cell: ({ row: { original } }) => (
          <>
            {original.errors > 0 && (
              <span className="mr-1.5 text-xs whitespace-nowrap text-bad">
                {count(original.errors)} failed
              </span>
            )}
            {count(original.events)}
          </>
        ),
        meta: figures,
      },
      {
        header: "Tokens",
        accessorKey: "tokens",
        cell: ({ row }) => short(row.original.tokens),
        meta: { ...figures, wide: true },
      },
      {
        header: "Models",
        enableSorting: false,
        id: "models",
        cell: ({ row }) => <Name className="max-w-56">{row.original.models.join(", ")}</Name>,
        meta: { wide: true },
      },
      {
        header: "Whose",
        enableSorting: false,
        id: "whose",
        cell: ({ row: { original } }) => (
          <Name className="max-w-48">
            {[original.feature, original.customer, original.user]
              .filter((each) => each !== null)
              .join(" · ") || "–"}
          </Name>
        ),
        meta: { wide: true },
      },
      {
        id: "first",
        header: "Began",
        accessorFn: ({ first }) => Date.parse(first),
        cell: ({ row: { original } }) => (
          <span className="whitespace-nowrap">{instant(original.first, zone)}</span>
        ),
        meta: { wide: true },
      },
      {
        id: "length",
        header: "Took",
        accessorFn: lengthOf,
        cell: ({ row: { original } }) => duration(lengthOf(original)),
        meta: { ...figures, wide: true },
      },
    ];
  }, [what, sessions, zone, onOpen]);
  return (
    <DataTable
      caption={caption}
      rows={sessions}
      columns={columns}
      rowId={({ id }) => id}
      sorting={DEAREST}
    />
  );
}

function lengthOf({ first, last }: Session): number {
  return Date.parse(last) - Date.parse(first);
}
