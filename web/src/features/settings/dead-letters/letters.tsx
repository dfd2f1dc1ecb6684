import type { Schemas } from "@llmlab/client";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useWorkspace } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { instant } from "@/lib/times";
import { modelOf } from "./letter";
import { LetterDialog } from "./letter-dialog";

type Letter = Schemas["DeadLetter"];

interface LettersProps {
  rows: readonly Letter[];
  waiting: boolean;
  onReplay: (id: string) => void;
  onDrop: (id: string) => void;
}

const column = createColumnHelper<Letter>();

export function Letters({ rows, waiting, onReplay, onDrop }: LettersProps) {
  const { zone } = useWorkspace();
  const [shown, setShown] = useState<Letter | null>(null);
  const columns = useMemo(
    () => [
      column.display({
        id: "call",
        header: "Call",
        meta: { className: "max-w-32 sm:max-w-56" },
        cell: ({ row: { original } }) => (
          <button
            type="button"
            onClick={() => setShown(original)}
            className="block max-w-full min-w-0 text-left font-medium text-accent hover:underline"
          >
            <Name mono>{modelOf(original.event)}</Name>
          </button>
        ),
      }),
      column.display({
        id: "reason",
        header: "Reason",
        meta: { wide: true, className: "max-w-80" },
        cell: ({ row: { original } }) => <Name>{original.reason}</Name>,
      }),
      column.accessor("received_at", {
        header: "Received",
        enableSorting: false,
        cell: ({ getValue }) => (
          <span className="whitespace-nowrap">{instant(getValue(), zone)}</span>
        ),
      }),
      column.accessor(({ replayed_at: replayed, died_at: died }) => replayed ?? died, {
        id: "moved",
        header: waiting ? "Died" : "Replayed",
        enableSorting: false,
        meta: { wide: true },
        cell: ({ getValue }) => (
          <span className="whitespace-nowrap">{instant(getValue(), zone)}</span>
        ),
      }),
    ],
    [zone, waiting],
  );
  return (
    <>
      <DataTable caption="Dead letters" rows={rows} columns={columns} rowId={({ id }) => id} />
      {shown !== null && (
        <LetterDialog
          letter={shown}
          waiting={waiting}
          onClose={() => setShown(null)}
          onReplay={() => {
            onReplay(shown.id);
            setShown(null);
          }}
          onDrop={() => {
            onDrop(shown.id);
            setShown(null);
          }}
        />
      )}
    </>
  );
}
