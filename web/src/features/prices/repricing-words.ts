/** Repricings in words. */
import type { Repricing } from "@/api/repricing";
import { nameOfDays } from "@/lib/ranges";
import { instant } from "@/lib/times";
import type { Tone } from "@/components/ui/badge";

const KINDS: Readonly<Record<Repricing["kind"], string>> = {
  reprice: "Calls priced again",
  unpriced: "Calls priced when their price arrived",
  release: "Quarantined calls read again",
  correct: "A call corrected by hand",
  undo: "Undone",
};

/** Name what was done, or in a dry run, what would be. */
export function titleOf({ kind, dry_run: dry, undoes }: Repricing): string {
  if (kind === "undo") return `Repricing ${String(undoes ?? "")} undone`;
  return dry ? `Preview: ${KINDS[kind].toLowerCase()}` : KINDS[kind];
}

export function stateOf(repricing: Repricing): { word: string; tone: Tone } {
  switch (repricing.status) {
    case "queued":
      return { word: "Waiting", tone: "neutral" };
    case "running":
      return { word: "Running", tone: "accent" };
    case "failed":
      return { word: "Failed", tone: "bad" };
    case "done":
      return repricing.dry_run
        ? { word: "Preview", tone: "neutral" }
        : { word: "Done", tone: "good" };
  }
}

/** Say which calls are meant. */
export function saySelection({ selection, undoes }: Repricing, zone: string): string {
  const { from, to, provider, model, price_status: statuses, ids } = selection;
  if (undoes !== null) return `the calls of repricing ${String(undoes)}`;
  if (ids.length > 0) return ids.length === 1 ? "one call" : `${String(ids.length)} calls`;
  const parts = [
    provider ?? "",
    model.length > 3 ? `${String(model.length)} models` : model.join(", "),
    statuses.join(", "),
    sayTime(from, to, zone),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "all calls" : parts.join(" · ");
}

function sayTime(from: string | null, to: string | null, zone: string): string {
  if (from === null && to === null) return "";
  if (from !== null && to !== null && isMidnight(from, zone) && isMidnight(to, zone)) {
    return nameOfDays({ from: dayIn(from, zone), to: dayIn(to, zone) });
  }
  const parts = [
    from === null ? "" : `from ${instant(from, zone)}`,
    to === null ? "" : `until ${instant(to, zone)}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function isMidnight(iso: string, zone: string): boolean {
  return instant(iso, zone).endsWith(", 00:00");
}

function dayIn(iso: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(iso));
}
