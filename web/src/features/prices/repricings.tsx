import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { Link } from "react-router";
import { isFinished, type Repricing } from "@/api/repricing";
import { useRead } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { count } from "@/lib/numbers";
import { instant } from "@/lib/times";
import { choice, useUrlState } from "@/lib/url-state";
import { Frame, usePricesPath } from "./frame";
import { ReleaseButton } from "./release-button";
import { stateOf, saySelection, titleOf } from "./repricing-words";

const LIMIT = 100;
const FIELDS = { show: choice(["all", "done"], "done") };

/** Everything that changed calls of the past, newest first. */
export default function Repricings() {
  const { zone } = useWorkspace();
  const { administer } = useMay();
  const { values, set } = useUrlState(FIELDS);
  const base = usePricesPath();
  const repricings = useRead(
    ["repricings"],
    (api, signal) =>
      api.GET("/api/prices/repricings", { params: { query: { limit: LIMIT } }, signal }),
    { every: (last) => (last?.repricings.every(isFinished) === false ? POLL_MS : false) },
  );
  const columns = useMemo<ColumnDef<Repricing>[]>(
    () => [
      {
        id: "what",
        header: "What",
        enableSorting: false,
        meta: { className: "max-w-80" },
        cell: ({ row: { original } }) => (
          <>
            <Link
              to={`${base}/repricings/${String(original.id)}`}
              className="block font-medium text-accent hover:underline"
            >
              {titleOf(original)}
            </Link>
            <bdi className="block truncate text-xs text-muted" title={original.reason}>
              {original.reason === "" ? saySelection(original, zone) : original.reason}
            </bdi>
          </>
        ),
      },
      {
        id: "state",
        header: "State",
        enableSorting: false,
        meta: { wide: true },
        cell: ({ row: { original } }) => {
          const { word, tone } = stateOf(original);
          return <Badge tone={tone}>{word}</Badge>;
        },
      },
      {
        accessorKey: "changed",
        header: "Calls changed",
        meta: { figures: true, wide: true },
        cell: ({ row: { original } }) => count(original.changed),
      },
      {
        id: "difference",
        header: "Spend",
        enableSorting: false,
        meta: { figures: true },
        cell: ({ row: { original } }) =>
          original.dry_run ? (
            <span className="text-muted">
              (<Money amount={original.difference} signed />)
            </span>
          ) : (
            <Money amount={original.difference} signed />
          ),
      },
      {
        accessorKey: "created_at",
        header: "Asked for",
        meta: { wide: true, className: "whitespace-nowrap text-muted" },
        cell: ({ row: { original } }) => instant(original.created_at, zone),
      },
    ],
    [base, zone],
  );
  return (
    <Frame
      about="History changes only when somebody asks for it, beside the calls and with a reason, and can be undone."
      actions={
        administer && (
          <>
            <ReleaseButton />
            <ButtonLink to={`${base}/reprice`} tone="primary">
              Price calls again
            </ButtonLink>
          </>
        )
      }
    >
      <Card
        title="Repricings"
        actions={
          <Button
            size="small"
            aria-pressed={values.show === "all"}
            onClick={() => set({ show: values.show === "all" ? "done" : "all" })}
          >
            {values.show === "all" ? "Without previews" : "With previews"}
          </Button>
        }
        flush
      >
        <QueryView query={repricings} skeleton={<Skeleton className="mx-4 mb-4 h-48" />}>
          {({ repricings: all, next_cursor: more }) => {
            const shown = values.show === "all" ? all : all.filter(({ dry_run: dry }) => !dry);
            return (
              <>
                {shown.length === 0 ? (
                  <Empty title="Nothing was priced again">
                    Calls cost what they did when they came in. After you set a price that holds for
                    the past, price them again here.
                  </Empty>
                ) : (
                  <DataTable
                    caption="Repricings, newest first"
                    rows={shown}
                    columns={columns}
                    rowId={({ id }) => String(id)}
                  />
                )}
                {more !== null && (
                  <p className="px-4 py-2 text-xs text-muted">
                    Of the newest {LIMIT}; the API has the older ones.
                  </p>
                )}
              </>
            );
          }}
        </QueryView>
      </Card>
    </Frame>
  );
}

const POLL_MS = 2_000;
