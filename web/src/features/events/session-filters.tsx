import { X } from "lucide-react";

interface SessionFiltersProps {
  session: string;
  trace: string;
  onClear: (changes: { session_id?: string; trace_id?: string }) => void;
}

/** The session or trace that the list is of, as chips beside the other filters. */
export function SessionFilters({ session, trace, onClear }: SessionFiltersProps) {
  return (
    <>
      {session !== "" && (
        <Chip name="Session" value={session} onClear={() => onClear({ session_id: "" })} />
      )}
      {trace !== "" && (
        <Chip name="Trace" value={trace} onClear={() => onClear({ trace_id: "" })} />
      )}
    </>
  );
}

function Chip({ name, value, onClear }: { name: string; value: string; onClear: () => void }) {
  return (
    <span className="inline-flex max-w-full items-center rounded-md border border-line bg-surface text-xs">
      <span className="flex h-7 min-w-0 items-center gap-1 px-2">
        <span className="text-muted">{name}:</span>
        <bdi className="max-w-48 truncate font-medium" title={value}>
          {value}
        </bdi>
      </span>
      <button
        type="button"
        aria-label={`Remove the filter by ${name.toLowerCase()}`}
        onClick={onClear}
        className="grid size-7 place-items-center rounded-r-md text-muted hover:bg-sunken hover:text-ink"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}
