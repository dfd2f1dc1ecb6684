import type { Schemas } from "@llmlab/client";
import { createColumnHelper } from "@tanstack/react-table";
import { UserPlus } from "lucide-react";
import { useMemo, useState } from "react";
import { usePages } from "@/api/use-pages";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { More } from "@/components/more";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { ROLES } from "@/lib/roles";
import { instant } from "@/lib/times";
import { InviteDialog } from "./invite-dialog";
import { stateOf } from "./invitation-state";

type Invitation = Schemas["InvitationResponse"];

const column = createColumnHelper<Invitation>();

export function Invitations() {
  const { zone } = useWorkspace();
  const [inviting, setInviting] = useState(false);
  const invitations = usePages(["invitations"], (api, cursor, signal) =>
    api.GET("/api/invitations", {
      params: { query: cursor === undefined ? {} : { cursor: Number(cursor) } },
      signal,
    }),
  );
  const {
    mutate: takeBack,
    isPending,
    variables,
  } = useDeed(
    (api, { id }: Invitation) =>
      api.DELETE("/api/invitations/{invitation_id}", { params: { path: { invitation_id: id } } }),
    { done: "The link no longer works" },
  );
  const columns = useMemo(
    () => [
      column.accessor(({ email }) => email ?? "", {
        id: "email",
        header: "For",
        meta: { className: "max-w-32 sm:max-w-56" },
        cell: ({ getValue }) =>
          getValue() === "" ? (
            <span className="text-muted">whoever has the link</span>
          ) : (
            <Name whole>{getValue()}</Name>
          ),
      }),
      column.accessor("role", { header: "Role", cell: ({ getValue }) => ROLES[getValue()].name }),
      column.display({
        id: "state",
        header: "State",
        cell: ({ row: { original } }) => {
          const { word, tone } = stateOf(original);
          return <Badge tone={tone}>{word}</Badge>;
        },
      }),
      column.accessor("expires_at", {
        header: "Good until",
        meta: { wide: true },
        cell: ({ getValue }) => instant(getValue(), zone),
      }),
      column.accessor(({ created_by: by }) => by ?? "", {
        id: "by",
        header: "Made by",
        meta: { wide: true, className: "max-w-56" },
        cell: ({ getValue }) =>
          getValue() === "" ? (
            <span className="text-muted">an account that is gone</span>
          ) : (
            <Name>{getValue()}</Name>
          ),
      }),
      column.display({
        id: "deeds",
        header: () => <span className="sr-only">Actions</span>,
        meta: { figures: true },
        cell: ({ row: { original } }) =>
          stateOf(original).word === "Open" && (
            <Button
              size="small"
              tone="quiet"
              busy={isPending && variables.id === original.id}
              aria-label={`Revoke the invitation for ${original.email ?? "whoever has the link"}`}
              onClick={() => takeBack(original)}
            >
              Revoke
            </Button>
          ),
      }),
    ],
    [zone, takeBack, isPending, variables],
  );
  return (
    <Card
      flush
      title="Invitations"
      about="A link brings one person in; it is shown when it is made."
      actions={
        <Button size="small" tone="primary" onClick={() => setInviting(true)}>
          <UserPlus aria-hidden /> Invite
        </Button>
      }
    >
      <QueryView query={invitations} skeleton={<Skeleton className="m-4 h-28" />}>
        {({ pages }) => {
          const rows = pages.flatMap(({ invitations: page }) => page);
          return rows.length === 0 ? (
            <Empty title="Nobody is invited">
              Make a link and send it to whoever shall see what your calls cost.
            </Empty>
          ) : (
            <>
              <DataTable
                caption="Invitations and what became of them"
                rows={rows}
                columns={columns}
                rowId={({ id }) => String(id)}
              />
              <More pages={invitations} />
            </>
          );
        }}
      </QueryView>
      <InviteDialog open={inviting} onClose={() => setInviting(false)} />
    </Card>
  );
}
