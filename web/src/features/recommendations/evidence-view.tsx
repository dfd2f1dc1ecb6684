import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { count, percent } from "@/lib/numbers";
import type { Evidence, Shown, Table } from "./evidence";

/** The figures that advice rests on. */
export function EvidenceView({ evidence: { facts, tables } }: { evidence: Evidence }) {
  return (
    <details className="rounded-md bg-sunken px-3 py-2 text-sm">
      <summary className="min-h-6 cursor-pointer text-muted hover:text-ink">Evidence</summary>
      <div className="mt-2 grid items-start gap-x-8 gap-y-4 pb-1 lg:grid-cols-2">
        <table className="w-full">
          <caption className="sr-only">Figures it rests on</caption>
          <tbody>
            {facts.map(({ name, shown }) => (
              <tr key={name} className="border-t border-line first:border-t-0">
                <th scope="row" className="py-1 pr-3 text-left font-normal text-muted">
                  {name}
                </th>
                <td className="max-w-48 py-1 text-right">
                  <Value shown={shown} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="grid min-w-0 gap-4">
          {tables.map((table) => (
            <Rows key={table.name} table={table} />
          ))}
        </div>
      </div>
    </details>
  );
}

function Rows({ table: { name, columns, rows } }: { table: Table }) {
  return (
    <div role="region" aria-label={name} tabIndex={0} className="min-w-0 overflow-x-auto">
      <table className="w-full">
        <caption className="pb-1 text-left text-xs font-medium">{name}</caption>
        <thead>
          <tr className="text-xs text-muted">
            {columns.map((column, place) => (
              <th
                key={column}
                scope="col"
                className={place === 0 ? "py-1 pr-3 text-left font-normal" : look(rows, place)}
              >
                {column === "" ? <span className="sr-only">Bound</span> : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            <tr key={line} className="border-t border-line">
              {row.map((shown, place) => (
                <td
                  key={columns[place]}
                  className={place === 0 ? "max-w-48 py-1 pr-3" : look(rows, place)}
                >
                  <Value shown={shown} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function look(rows: Table["rows"], place: number): string {
  const text = rows.every((row) => row[place]?.is === "text");
  return `max-w-48 py-1 pl-3 font-normal ${text ? "text-left" : "text-right"}`;
}

function Value({ shown }: { shown: Shown }) {
  switch (shown.is) {
    case "money":
      return <Money amount={shown.amount} />;
    case "share":
      return percent(shown.fraction);
    case "count":
      return count(shown.count);
    case "text":
      return <Name>{shown.text}</Name>;
  }
}
