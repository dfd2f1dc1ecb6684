import type { Schemas } from "@llmlab/client";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ago, instant } from "@/lib/times";
import { labelsOf } from "./defaults";
import { RotateDialog } from "./rotate-dialog";
import { SCOPES } from "./scopes";

type Key = Schemas["KeyResponse"];

const column = createColumnHelper<Key>();

export function Keys({ rows }: { rows: readonly Key[] }) {
  const { zone } = useWorkspace();
  const [rotating, setRotating] = useState<Key | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const revoke = useDeed(
    (api, { id }: Key) => api.DELETE("/api/keys/{key_id}", { params: { path: { key_id: id } } }),
    { done: (_, { name }) => `${name} is revoked`, onDone: () => setRevoking(null) },
  );
  const columns = useMemo(
    () => [
      column.accessor("name", {
        header: "Name",
        meta: { className: "max-w-32 sm:max-w-56" },
        cell: ({ row: { original } }) => (
          <>
            <Name className="font-medium">{original.name}</Name>
            <code className="text-xs text-muted">{original.prefix}…</code>
            <OldSecret until={original.previous_valid_until} zone={zone} />
          </>
        ),
      }),
      column.accessor(({ scopes }) => scopes.join(" "), {
        id: "scopes",
        header: "Scopes",
        cell: ({ row: { original } }) => (
          <div className="flex flex-wrap gap-1">
            {original.scopes.map((scope) => (
              <Badge key={scope} tone={scope === "admin" ? "warn" : "neutral"}>
                {SCOPES[scope].name}
              </Badge>
            ))}
          </div>
        ),
      }),
      column.display({
        id: "defaults",
        header: "Labels",
        meta: { wide: true, className: "max-w-64" },
        cell: ({ row: { original } }) => <Labels defaults={original.defaults} />,
      }),
      column.accessor("last_used_at", {
        header: "Last used",
        cell: ({ getValue }) => {
          const used = getValue();
          return used === null ? (
            <span className="text-muted">never</span>
          ) : (
            <span title={instant(used, zone)} className="whitespace-nowrap">
              {ago(used)}
            </span>
          );
        },
      }),
      column.accessor("created_at", {
        header: "Created",
        meta: { wide: true },
        cell: ({ getValue }) => (
          <span className="whitespace-nowrap">{instant(getValue(), zone)}</span>
        ),
      }),
      column.display({
        id: "deeds",
        header: () => <span className="sr-only">Actions</span>,
        meta: { figures: true },
        cell: ({ row: { original } }) => (
          <div className="flex flex-wrap justify-end gap-1">
            <Button
              size="small"
              tone="quiet"
              aria-label={`Rotate ${original.name}`}
              onClick={() => setRotating(original)}
            >
              Rotate
            </Button>
            <Button
              size="small"
              tone="quiet"
              aria-label={`Revoke ${original.name}`}
              onClick={() => setRevoking(original)}
            >
              Revoke
            </Button>
          </div>
        ),
      }),
    ],
    [zone],
  );
  return (
    <>
      <DataTable
        caption="API keys that are not revoked"
        rows={rows}
        columns={columns}
        rowId={({ id }) => String(id)}
      />
      {rotating !== null && (
        <RotateDialog key={rotating.id} rotated={rotating} onClose={() => setRotating(null)} />
      )}
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title="Revoke the key?"
        deed="Revoke key"
        dangerous
        busy={revoke.isPending}
        onConfirm={() => revoking !== null && revoke.mutate(revoking)}
      >
        <p>
          Whatever uses <bdi className="font-medium text-ink">{revoking?.name}</bdi> (
          <code>{revoking?.prefix}…</code>) is refused within 5 seconds, and its calls are missing
          from then on. What it reported stays. This cannot be undone: to change a secret without a
          gap, rotate it.
        </p>
        {revoking?.last_used_at != null && (
          <p className="mt-2">It was last used {ago(revoking.last_used_at)}.</p>
        )}
      </Confirm>
    </>
  );
}

function OldSecret({ until, zone }: { until: string | null; zone: string }) {
  if (until === null) return null;
  return (
    <span className="block text-xs text-warn">Old secret good until {instant(until, zone)}</span>
  );
}

function Labels({ defaults }: { defaults: Readonly<Record<string, unknown>> }) {
  const labels = labelsOf(defaults);
  if (labels.length === 0) return <span className="text-muted">none</span>;
  return (
    <ul className="grid gap-0.5 text-xs">
      {labels.map(([name, value]) => (
        <li key={name} className="flex min-w-0 gap-1.5">
          <Name className="max-w-32 shrink-0 text-muted">{name}</Name>
          <Name>{value}</Name>
        </li>
      ))}
    </ul>
  );
}
