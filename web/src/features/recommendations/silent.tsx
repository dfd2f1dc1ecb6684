import { sentence } from "@/lib/sentences";
import { KINDS } from "./kinds";
import type { Report } from "./reads";

/** What each rule that recommends nothing looked for, and why it is silent. */
export function Silent({ silent }: { silent: Report["silent"] }) {
  if (silent.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-3 text-sm">
      <summary className="min-h-6 cursor-pointer font-medium">
        What else was looked for ({silent.length})
      </summary>
      <dl className="mt-3 grid gap-x-6 gap-y-2 sm:grid-cols-[12rem_minmax(0,1fr)]">
        {silent.map(({ kind, reason }) => (
          <div key={kind} className="contents">
            <dt className="font-medium">{KINDS[kind]}</dt>
            <dd className="[overflow-wrap:anywhere] text-muted">{sentence(reason)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
