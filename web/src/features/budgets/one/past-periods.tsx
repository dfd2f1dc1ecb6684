import { useRead } from "@/api/use-read";
import { Meter } from "@/components/meter";
import { Money } from "@/components/money";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { share, toPosition } from "@/lib/money";
import { percent } from "@/lib/numbers";
import { nameOfPeriod } from "../periods";
import type { BudgetInFull } from "../reads";
import { readScope, writeScope, type Period } from "../scope";
import { toneOf } from "../thresholds";

// Twelve periods, where the API looks back so far: 366 days at most.
const LOOK_BACK: Readonly<Record<Period, number>> = {
  day: 12,
  week: 84,
  month: 366,
  quarter: 366,
  year: 366,
};
const MOST = 12;

/** What the same calls cost in the periods before, whether or not the budget was there then. */
export function PastPeriods({ budget }: { budget: BudgetInFull }) {
  const { each, period, thresholds, amounts } = budget;
  const past = useRead(
    ["past-periods", budget.id, amounts, thresholds],
    (api, signal) =>
      api.POST("/api/budgets/backtest", {
        params: { query: { days: LOOK_BACK[period] } },
        body: { scope: writeScope(readScope(budget.scope)), each, period, amounts, thresholds },
        signal,
      }),
    { keep: false, staleMs: 5 * 60_000 },
  );
  const about =
    each === null
      ? "What the same calls cost, also before the budget was made."
      : "The most that one spent in each, also before the budget was made.";
  return (
    <Card title="Periods so far" about={about} flush>
      <QueryView query={past} skeleton={<Skeleton className="m-4 h-32" />}>
        {({ periods }) =>
          periods.length === 0 ? (
            <Empty title="Nothing was spent before" />
          ) : (
            <ul className="text-sm">
              {periods
                .slice(-MOST)
                .toReversed()
                .map(({ period_start, spent, amount }) => {
                  const name = nameOfPeriod(period, period_start);
                  const fraction = share(spent, amount) ?? 0;
                  return (
                    <li
                      key={period_start}
                      className="grid grid-cols-[minmax(0,1fr)_auto_5rem] items-center gap-x-3 border-t border-line px-4 py-2 first:border-t-0"
                    >
                      <span className="truncate">{name}</span>
                      <span className="text-right">
                        <Money amount={spent} />
                        <span className="hidden text-muted sm:inline">
                          {" of "}
                          <Money amount={amount} />
                        </span>
                      </span>
                      <span className="grid gap-1">
                        <span className="figures text-right text-xs text-muted">
                          {percent(fraction)}
                        </span>
                        <Meter
                          fraction={fraction}
                          label={`${name}: part of the amount`}
                          marks={thresholds.map(toPosition)}
                          tone={toneOf(fraction, thresholds)}
                        />
                      </span>
                    </li>
                  );
                })}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}
