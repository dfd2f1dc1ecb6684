import type { Schemas } from "@llmlab/client";
import { useQueryClient } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { sessionQuery } from "@/api/session";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ago, instant } from "@/lib/times";
import { RoleCell } from "./role-cell";
import { removal } from "./rules";

type Member = Schemas["MemberResponse"];

const column = createColumnHelper<Member>();

export function Members({ members }: { members: readonly Member[] }) {
  const { name, role: own, zone } = useWorkspace();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const remove = useDeed(
    (api, { user_id: member }: Member) =>
      api.DELETE("/api/members/{user_id}", { params: { path: { user_id: member } } }),
    {
      done: (_, { you, email }) => (you ? `You left ${name}` : `${email} is no longer a member`),
      onDone: (_, { you }) => {
        setLeaving(null);
        if (!you) return;
        void queries
          .invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true })
          .then(() => navigate("/", { replace: true }));
      },
    },
  );
  const columns = useMemo(
    () => [
      column.accessor("email", {
        header: "E-mail",
        meta: { className: "max-w-32 sm:max-w-64" },
        cell: ({ row: { original } }) => (
          <div className="flex min-w-0 items-center gap-2">
            <Name whole>{original.email}</Name>
            {original.you && <Badge tone="accent">You</Badge>}
          </div>
        ),
      }),
      column.accessor("role", {
        header: "Role",
        cell: ({ row: { original } }) => (
          <RoleCell member={original} own={own} only={onlyOwner(members, original)} />
        ),
      }),
      column.accessor("joined_at", {
        header: "Joined",
        meta: { wide: true },
        cell: ({ getValue }) => instant(getValue(), zone),
      }),
      column.accessor("last_seen_at", {
        header: "Last seen",
        meta: { wide: true },
        cell: ({ getValue }) => {
          const seen = getValue();
          return seen === null ? <span className="text-muted">never</span> : ago(seen);
        },
      }),
      column.display({
        id: "deeds",
        header: () => <span className="sr-only">Actions</span>,
        meta: { figures: true },
        cell: ({ row: { original } }) => {
          const word = removal(own, original, onlyOwner(members, original));
          return (
            word !== null && (
              <Button
                size="small"
                tone="quiet"
                aria-label={word === "Leave" ? "Leave this workspace" : `Remove ${original.email}`}
                onClick={() => setLeaving(original)}
              >
                {word}
              </Button>
            )
          );
        },
      }),
    ],
    [members, own, zone],
  );
  return (
    <>
      <DataTable
        caption="Everybody who belongs to the workspace"
        rows={members}
        columns={columns}
        rowId={(member) => String(member.user_id)}
      />
      <Confirm
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={leaving?.you === true ? `Leave ${name}?` : "Remove from the workspace?"}
        deed={leaving?.you === true ? "Leave" : "Remove"}
        dangerous
        busy={remove.isPending}
        onConfirm={() => leaving !== null && remove.mutate(leaving)}
      >
        {leaving?.you === true ? (
          <p>You see nothing of it any more, and come back only by an invitation.</p>
        ) : (
          <p>
            <bdi className="font-medium text-ink">{leaving?.email}</bdi> sees nothing of this
            workspace any more, at once, and invitations that they made end.
          </p>
        )}
        <p className="mt-2">
          API keys that they made stay good: they are the workspace&apos;s. Revoke those that should
          not, under API keys.
        </p>
      </Confirm>
    </>
  );
}

/** Say whether this is the only owner, without whom a workspace cannot be. */
function onlyOwner(members: readonly Member[], member: Member): boolean {
  return member.role === "owner" && members.filter(({ role }) => role === "owner").length === 1;
}
