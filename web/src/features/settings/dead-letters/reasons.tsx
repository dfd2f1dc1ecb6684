import type { Schemas } from "@llmlab/client";
import { createColumnHelper } from "@tanstack/react-table";
import { DataTable } from "@/components/data-table";
import { Name } from "@/components/name";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { count, many } from "@/lib/numbers";
import { ago } from "@/lib/times";
import { byCode, type Code } from "./codes";

interface ReasonsProps {
  reasons: readonly Schemas["DeathReason"][];
  /** The code whose letters are listed; empty for all. */
  chosen: string;
  waiting: boolean;
  busy: boolean;
  onChoose: (code: string) => void;
  onReplay: (code: string) => void;
  onDrop: (code: string, count: number) => void;
}

const column = createColumnHelper<Code>();
const MOST_NAMED = 5;
// As many as the API lists.
const MOST_LISTED = 50;

/** What letters died of, and what to do about all of one code. */
export function Reasons(props: ReasonsProps) {
  const { reasons, chosen, waiting, busy, onChoose, onReplay, onDrop } = props;
  const columns = [
    column.accessor(({ reasons: [first = ""] }) => first, {
      id: "reason",
      header: "Reason",
      cell: ({ row: { original } }) => (
        <>
          <button
            type="button"
            aria-pressed={chosen === original.code}
            onClick={() => onChoose(chosen === original.code ? "" : original.code)}
            className="text-left font-medium break-words hover:underline aria-pressed:text-accent"
          >
            {original.reasons.slice(0, MOST_NAMED).map((reason) => (
              <bdi key={reason} className="block">
                {reason}
              </bdi>
            ))}
          </button>
          {original.reasons.length > MOST_NAMED && (
            <span className="block text-xs text-muted">
              and {many(original.reasons.length - MOST_NAMED, "other reason")}
            </span>
          )}
          <Name mono className="text-xs text-muted">
            {original.code}
          </Name>
        </>
      ),
    }),
    column.accessor("letters", {
      header: "Letters",
      meta: { figures: true },
      cell: ({ getValue }) => count(getValue()),
    }),
    column.accessor("last", {
      header: "Last",
      meta: { wide: true },
      cell: ({ getValue }) => <span className="whitespace-nowrap">{ago(getValue())}</span>,
    }),
    column.display({
      id: "deeds",
      header: () => <span className="sr-only">Actions</span>,
      meta: { figures: true },
      cell: ({ row: { original } }) => (
        <div className="flex justify-end gap-1">
          {waiting && (
            <Button
              size="small"
              disabled={busy}
              aria-label={`Replay all of ${original.code}`}
              onClick={() => onReplay(original.code)}
            >
              Replay
            </Button>
          )}
          <Button
            size="small"
            tone="quiet"
            aria-label={`Drop all of ${original.code}`}
            onClick={() => onDrop(original.code, original.letters)}
          >
            Drop
          </Button>
        </div>
      ),
    }),
  ];
  return (
    <Card
      flush
      title="What they died of"
      about={
        reasons.length < MOST_LISTED
          ? "Mend the cause first, then replay."
          : `Mend the cause first, then replay. Of the ${count(MOST_LISTED)} most frequent reasons; a code may have more letters.`
      }
    >
      <DataTable
        caption="Reasons of dead letters"
        rows={byCode(reasons)}
        columns={columns}
        rowId={({ code }) => code}
      />
    </Card>
  );
}
