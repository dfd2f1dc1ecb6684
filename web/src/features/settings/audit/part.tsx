import type { Schemas } from "@llmlab/client";
import { createColumnHelper } from "@tanstack/react-table";
import { ScrollText } from "lucide-react";
import { useMemo } from "react";
import { usePages } from "@/api/use-pages";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { More } from "@/components/more";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { exactInstant, instant } from "@/lib/times";
import { actionOf, actorOf, detailsOf } from "./actions";

type Entry = Schemas["AuditEntry"];

const column = createColumnHelper<Entry>();

/** Who changed what in the workspace, and when. */
export default function AuditPart() {
  const { zone } = useWorkspace();
  const entries = usePages(["audit"], (api, cursor, signal) =>
    api.GET("/api/audit", { params: { query: cursor === undefined ? {} : { cursor } }, signal }),
  );
  const columns = useMemo(
    () => [
      column.accessor("at", {
        header: "When",
        enableSorting: false,
        cell: ({ getValue }) => (
          <time
            dateTime={getValue()}
            title={exactInstant(getValue(), zone)}
            className="sm:whitespace-nowrap"
          >
            {instant(getValue(), zone)}
          </time>
        ),
      }),
      column.display({
        id: "who",
        header: "Who",
        meta: { className: "max-w-32 sm:max-w-56" },
        cell: ({ row: { original } }) => (
          <Name whole>{actorOf(original.actor, original.actor_email)}</Name>
        ),
      }),
      column.display({
        id: "what",
        header: "What",
        cell: ({ row: { original } }) => actionOf(original.action),
      }),
      column.display({
        id: "details",
        header: "Details",
        meta: { wide: true, className: "max-w-96" },
        cell: ({ row: { original } }) => (
          <div className="text-xs text-muted">
            <Name mono>{original.target}</Name>
            {detailsOf(original.details).map((line) => (
              <Name key={line}>{line}</Name>
            ))}
          </div>
        ),
      }),
    ],
    [zone],
  );
  return (
    <Card flush title="Audit log" about={`Who changed what, the latest first; times in ${zone}.`}>
      <QueryView query={entries} skeleton={<Skeleton className="m-4 h-64" />}>
        {({ pages }) => {
          const rows = pages.flatMap(({ entries: page }) => page);
          return rows.length === 0 ? (
            <Empty icon={ScrollText} title="Nothing was changed yet">
              Changes to keys, members, prices and settings are noted here from now on.
            </Empty>
          ) : (
            <>
              <DataTable
                caption="Changes, the latest first"
                rows={rows}
                columns={columns}
                rowId={({ id }) => String(id)}
              />
              <More pages={entries} />
            </>
          );
        }}
      </QueryView>
    </Card>
  );
}
