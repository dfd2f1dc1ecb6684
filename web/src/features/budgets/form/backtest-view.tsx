import type { Schemas } from "@llmlab/client";
import { useEffect, useState } from "react";
import { useRead } from "@/api/use-read";
import { Meter } from "@/components/meter";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { explain, Skeleton } from "@/components/ui/states";
import { share, toPosition } from "@/lib/money";
import { many } from "@/lib/numbers";
import { day } from "@/lib/times";
import { nameOfPeriod } from "../periods";
import type { Period } from "../scope";
import { asPercent, toneOf } from "../thresholds";
import type { NewBudget } from "./values";

const WAIT_MS = 500;
const DAYS = 90;
const MOST_PERIODS = 12;
const MOST_ALERTS = 50;

interface BacktestViewProps {
  /** What would be saved; null while it is not whole. */
  request: NewBudget | null;
}

/** What the budget of a form would have done, asked for whenever the form has rested for a moment. */
export function BacktestView({ request }: BacktestViewProps) {
  const asked = useRested(request === null ? null : essence(request));
  const result = useRead(
    ["backtest", asked],
    async (api, signal) => {
      const body = JSON.parse(asked ?? "{}") as NewBudget;
      const { data } = await api.POST("/api/budgets/backtest", {
        params: { query: { days: DAYS } },
        body,
        signal,
      });
      // What stays until the next is there stands beside what it was asked for: its periods have its names.
      return data === undefined ? {} : { data: { told: data, of: body } };
    },
    { enabled: asked !== null },
  );
  const current = asked !== null && request !== null && asked === essence(request);
  return (
    <section
      aria-labelledby="backtest"
      aria-busy={result.isFetching || (request !== null && !current)}
      className="grid gap-2 self-start rounded-lg bg-sunken p-3 text-sm md:sticky md:top-0"
    >
      <h3 id="backtest" className="font-medium">
        What it would have done
      </h3>
      <div role="status" className="text-muted">
        {request === null ? (
          "As soon as there is an amount, you see here how often it would have told you in the last 90 days."
        ) : result.isError ? (
          sayProblem(result.error)
        ) : result.data === undefined ? (
          <Skeleton className="h-5 w-3/4" />
        ) : (
          <span className="font-medium text-ink">{result.data.told.summary}</span>
        )}
      </div>
      {request !== null && !result.isError && result.data !== undefined && (
        <Details result={result.data.told} request={result.data.of} />
      )}
    </section>
  );
}

// A name or a channel changes nothing about what would have been told.
function essence({ scope, each, period, month, budget_amount, thresholds }: NewBudget): string {
  // `from` is left out: the days before it are what a back-test is about.
  return JSON.stringify({ scope, each, period, month, budget_amount, thresholds });
}

function sayProblem(error: unknown): string {
  const { title, detail } = explain(error);
  return `${title}. ${detail}`;
}

function useRested(value: string | null): string | null {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), WAIT_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

function Details({ result, request }: { result: Schemas["Backtest"]; request: NewBudget }) {
  return (
    <>
      {result.fired > 0 && (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
          {result.thresholds.map(({ threshold, times, first }) => (
            <li key={threshold} className="figures">
              {asPercent(threshold)}:{" "}
              <span className="text-muted">
                {times === 0 ? "never" : times === 1 ? "once" : many(times, "time")}
                {first !== null && (times === 1 ? ` on ${day(first)}` : `, first on ${day(first)}`)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {result.periods.length > 0 && (
        <Periods periods={result.periods} period={request.period} request={request} />
      )}
      {result.alerts.length > 0 && <Firings alerts={result.alerts} fired={result.fired} />}
    </>
  );
}

function Periods(props: {
  periods: Schemas["Backtest"]["periods"];
  period: Period;
  request: NewBudget;
}) {
  const { periods, period, request } = props;
  const shown = periods.slice(-MOST_PERIODS).reverse();
  return (
    <table className="w-full text-xs">
      <caption className="sr-only">Spend of the last periods against the amount</caption>
      <thead>
        <tr className="text-left text-muted">
          <th scope="col" className="py-1 pr-3 font-medium">
            {request.each === undefined ? "Period" : "Period, the most that one had"}
          </th>
          <th scope="col" className="py-1 pr-3 text-right font-medium">
            Spent
          </th>
          <th scope="col" className="w-1/3 py-1 font-medium">
            Of the amount
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ period_start, spent, amount }) => {
          const fraction = share(spent, amount) ?? 0;
          return (
            <tr key={period_start}>
              <td className="py-1 pr-3 whitespace-nowrap">{nameOfPeriod(period, period_start)}</td>
              <td className="py-1 pr-3 text-right">
                <Money amount={spent} />
              </td>
              <td className="py-1">
                <Meter
                  fraction={fraction}
                  label={`${nameOfPeriod(period, period_start)}: part of the amount`}
                  marks={request.thresholds.map(toPosition)}
                  tone={toneOf(fraction, request.thresholds)}
                />
              </td>
            </tr>
          );
        })}
      </tbody>
      {periods.length > shown.length && (
        <tfoot>
          <tr>
            <td colSpan={3} className="pt-1 text-muted">
              and {many(periods.length - shown.length, "earlier period")}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function Firings({ alerts, fired }: { alerts: Schemas["Backtest"]["alerts"]; fired: number }) {
  const shown = alerts.slice(0, MOST_ALERTS);
  return (
    <details className="text-xs">
      <summary className="min-h-6 cursor-pointer text-muted hover:text-ink">
        Each time it would have told
      </summary>
      <ol className="mt-1 grid max-h-48 gap-1 overflow-y-auto" tabIndex={0} aria-label="Each time">
        {shown.map((one, place) => (
          <li key={place} className="flex min-w-0 gap-2">
            <span className="figures shrink-0">{day(one.day)}</span>
            <span className="figures shrink-0">{asPercent(one.threshold)}</span>
            <Money amount={one.spend} className="text-muted" />
            {one.value != null && <Name className="text-muted">{one.value}</Name>}
          </li>
        ))}
        {fired > shown.length && <li className="text-muted">and {fired - shown.length} more</li>}
      </ol>
    </details>
  );
}
