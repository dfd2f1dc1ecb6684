/** A thin bar behind a row of a table: how much of the whole it is. Decoration: the figure stands beside it. */
export function ShareBar({ fraction }: { fraction: number | null }) {
  return (
    <span
      aria-hidden
      className="block h-1.5 w-full min-w-12 overflow-hidden rounded-full bg-sunken"
    >
      <span
        className="block h-full rounded-full bg-accent"
        style={{ width: `${String(Math.min(1, Math.max(0, fraction ?? 0)) * 100)}%` }}
      />
    </span>
  );
}
