import { lazy, Suspense } from "react";
import { Name } from "../name";
import { Coming } from "../ui/states";
import type { SpendChartProps } from "./spend-chart";

const SpendChart = lazy(() => import("./spend-chart"));

/** `SpendChart` with its legend; the chart library comes in a file of its own, after the figures. */
export function LazySpendChart(props: SpendChartProps) {
  const { series, height = 280 } = props;
  return (
    <figure className="grid gap-3">
      <div style={{ minHeight: height }}>
        <Suspense fallback={<Coming className="h-full min-h-56 w-full" />}>
          <SpendChart {...props} />
        </Suspense>
      </div>
      {series.length > 1 && (
        <figcaption>
          <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
            {series.map((each) => (
              <li key={each.id} className="flex max-w-56 items-center gap-1.5">
                <span
                  aria-hidden
                  className="size-2.5 shrink-0 rounded-sm"
                  style={{ background: each.color }}
                />
                <Name>{each.name}</Name>
              </li>
            ))}
          </ul>
        </figcaption>
      )}
    </figure>
  );
}
