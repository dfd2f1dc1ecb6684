import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { SpendOverTime } from "@/api/spend-over-time";
import { QueryView } from "@/components/query-view";
import type { Dimension } from "@/lib/dimensions";
import { chartOf } from "./chart-of";

interface OverTimeViewProps {
  query: UseQueryResult<SpendOverTime>;
  zone: string;
  nameOfValue: (dimension: Dimension, value: string) => string;
  skeleton: ReactNode;
  /** Draws it; there is some. */
  children: (drawn: ReturnType<typeof chartOf>, spend: SpendOverTime) => ReactNode;
}

/** Spend over time with what is to be said of it, paler while it answers an earlier question. */
export function OverTimeView(props: OverTimeViewProps) {
  const { query, zone, nameOfValue, skeleton, children } = props;
  return (
    <QueryView query={query} skeleton={skeleton}>
      {(spend) => {
        const drawn = chartOf(spend, zone, nameOfValue);
        return (
          <div className={query.isPlaceholderData ? "opacity-60" : undefined}>
            {spend.instead !== null && (
              <p className="mb-2 text-xs text-muted">
                By the day: there are too many calls to count these by the {spend.instead}.
              </p>
            )}
            {drawn.series.length === 0 ? (
              <p className="py-10 text-center text-sm text-muted">
                Nothing was spent in this time, as far as costs are known.
              </p>
            ) : (
              children(drawn, spend)
            )}
          </div>
        );
      }}
    </QueryView>
  );
}
