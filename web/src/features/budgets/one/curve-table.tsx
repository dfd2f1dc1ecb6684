import { Money } from "@/components/money";
import { placesFor } from "@/lib/money";
import type { Point } from "../burn-down";

/** The course of a period in figures, for whoever does not see the picture. */
export function CurveTable({ points }: { points: readonly Point[] }) {
  const past = points.filter(({ spent }) => spent !== null);
  const places = placesFor(past.map(({ spent }) => spent ?? "0"));
  return (
    <details className="mt-2 text-sm">
      <summary className="min-h-6 cursor-pointer text-xs text-muted hover:text-ink">
        As a table
      </summary>
      <div
        className="mt-2 max-h-64 overflow-y-auto"
        tabIndex={0}
        role="region"
        aria-label="Course of the period as a table"
      >
        <table className="w-full max-w-md text-sm">
          <caption className="sr-only">Spent until the end of each day</caption>
          <thead className="text-xs text-muted">
            <tr>
              <th scope="col" className="py-1 text-left font-medium">
                Until the end of
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                Spent
              </th>
            </tr>
          </thead>
          <tbody>
            {past.map(({ id, label, spent }) => (
              <tr key={id} className="border-t border-line">
                <td className="py-1">{label}</td>
                <td className="py-1 text-right">
                  <Money amount={spent} places={places} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
