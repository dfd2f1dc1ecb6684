import type { PriceDocument } from "@/lib/price-document";
import { linesOf } from "./rates";

/** Everything that a price says, a line each. */
export function RateLines({ document }: { document: PriceDocument }) {
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 text-sm">
      {linesOf(document).map(({ name, value }) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="figures max-w-56 text-right">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
