import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { knownSpend } from "@/api/groups";
import { useRead } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { Change } from "@/components/change";
import { Meter } from "@/components/meter";
import { Money } from "@/components/money";
import { Skeleton, Stale } from "@/components/ui/states";
import { format, toPosition, type Money as Amount } from "@/lib/money";
import { count, many, percent } from "@/lib/numbers";
import { explain } from "@/components/ui/states";
import { capital } from "@/lib/sentences";
import { budgetOfAll, courseOf, fullness } from "./budget-of-all";
import { Announced } from "./announced";
import { useSoFar, type Figures } from "./use-so-far";

/** Today, this month, where the month is heading, and what it may cost. */
export function Headline({ ready }: { ready: boolean }) {
  const soFar = useSoFar(ready);
  const { today, month } = soFar;
  return (
    <>
      {soFar.error !== null && today !== null && <Stale error={soFar.error} retry={soFar.retry} />}
      <div className="grid grid-cols-1 gap-4 min-[30rem]:grid-cols-2 xl:grid-cols-4">
        <Tile name="Today">
          <Spent figures={today} error={soFar.error}>
            {(spend) => (
              <Change now={spend} before={soFar.byNowYesterday} when="by this time yesterday" />
            )}
          </Spent>
        </Tile>
        <Tile name="This month">
          <Spent figures={month} error={soFar.error}>
            {(spend) => (
              <Change now={spend} before={soFar.byNowLastMonth} when="by this time last month" />
            )}
          </Spent>
        </Tile>
        <ForecastTile />
        <BudgetTile spent={month?.spend ?? null} />
      </div>
      {today !== null && month !== null && (
        <Announced text={`Spent today ${inWords(today)}, this month ${inWords(month)}`} />
      )}
    </>
  );
}

function Tile({
  name,
  action,
  children,
}: {
  name: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div
      role="group"
      aria-label={name}
      className="flex min-h-34 min-w-0 flex-col gap-1.5 rounded-lg border border-line bg-surface p-4"
    >
      <div className="flex items-center justify-between gap-2">
        <h2 className="text-sm font-medium text-muted">{name}</h2>
        {action}
      </div>
      {children}
    </div>
  );
}

// What was spent is told live; what it is held against changes seldom.
const MINUTE = 60_000;
const figureLook = "text-2xl font-semibold tracking-tight";

function Spent(props: {
  figures: Figures | null;
  error: unknown;
  children: (spend: Amount) => ReactNode;
}) {
  const { figures, error, children } = props;
  if (figures === null) return error === null ? <Waiting /> : <NotKnown error={error} />;
  const spend = knownSpend(figures);
  return (
    <>
      <Money amount={spend} className={figureLook} />
      <p className="text-xs">{spend !== null && children(spend)}</p>
      <p className="figures mt-auto text-xs text-muted">
        {many(figures.events, "call")}
        {figures.unknown > 0 && `, ${count(figures.unknown)} not priced`}
      </p>
    </>
  );
}

function inWords(figures: Figures): string {
  const spend = knownSpend(figures);
  return spend === null ? "not known" : format(spend);
}

function useForecast() {
  return useRead(
    ["forecast", "month"],
    (api, signal) =>
      api.GET("/api/costs/forecast", { params: { query: { period: "month" } }, signal }),
    { every: MINUTE },
  );
}

function ForecastTile() {
  const { data, error } = useForecast();
  return (
    <Tile name="Forecast for the month">
      {data === undefined ? (
        error === null ? (
          <Waiting />
        ) : (
          <NotKnown error={error} />
        )
      ) : data.forecast === null ? (
        <>
          <span className={`${figureLook} text-muted`}>Not yet</span>
          <p className="text-xs text-muted">
            {capital(data.reason ?? "There is too little to go by")}
          </p>
        </>
      ) : (
        <>
          <Money amount={data.forecast.likely} className={figureLook} />
          <p className="text-xs text-muted">
            Likely between <Money amount={data.forecast.low} /> and{" "}
            <Money amount={data.forecast.high} />
          </p>
          <p className="mt-auto text-xs text-muted" title={data.method}>
            By the last 8 weeks; right 4 times out of 5
          </p>
        </>
      )}
    </Tile>
  );
}

function BudgetTile({ spent }: { spent: string | null }) {
  const { id } = useWorkspace();
  const { edit } = useMay();
  const forecast = useForecast();
  const budgets = useRead(
    ["budgets", "overview"],
    (api, signal) => api.GET("/api/budgets", { params: { query: { limit: 1000 } }, signal }),
    { every: MINUTE },
  );
  const way = (
    <Link
      to={`/w/${String(id)}/budgets`}
      className="inline-flex min-h-6 items-center gap-1 text-xs text-accent hover:underline"
    >
      Budgets <ArrowRight aria-hidden className="size-3.5" />
    </Link>
  );
  if (budgets.data === undefined) {
    return (
      <Tile name="Budget for the month" action={way}>
        {budgets.error === null ? <Waiting /> : <NotKnown error={budgets.error} />}
      </Tile>
    );
  }
  const budget = budgetOfAll(budgets.data.budgets);
  if (budget === null) {
    return (
      <Tile name="Budget for the month" action={way}>
        <span className={`${figureLook} text-muted`}>None</span>
        <p className="text-xs text-muted">
          {edit
            ? "A budget for all spend warns before a month gets dearer than it should."
            : "There is no budget for all spend. Whoever may edit can set one."}
        </p>
      </Tile>
    );
  }
  // The stream is ahead of what was read.
  const now = spent ?? budget.spent;
  const full = fullness(now, budget.budget_amount);
  const { tone, words } = courseOf(now, budget.budget_amount, forecast.data?.forecast ?? null);
  return (
    <Tile name="Budget for the month" action={way}>
      <p className="flex flex-wrap items-baseline gap-x-1.5">
        <span className={`figures ${figureLook}`}>{percent(full)}</span>
        <span className="text-sm text-muted">
          of <Money amount={budget.budget_amount} />
        </span>
      </p>
      <Meter
        fraction={full}
        label={`Spent of the budget ${budget.name}`}
        marks={budget.thresholds.map(toPosition)}
        tone={tone === "good" ? "accent" : tone}
      />
      <p className="mt-auto text-xs text-muted">
        {words}
        {budget.paused && ". Paused: nobody is told"}
      </p>
    </Tile>
  );
}

function Waiting() {
  return (
    <div className="grid gap-2" aria-busy="true">
      <span role="status" className="sr-only">
        Loading
      </span>
      <Skeleton className="h-8 w-28" />
      <Skeleton className="h-4 w-40" />
    </div>
  );
}

function NotKnown({ error }: { error: unknown }) {
  const { title, detail } = explain(error);
  return (
    <>
      <Money amount={null} className={figureLook} />
      <p role="alert" className="text-xs text-muted">
        {title}. {detail}
      </p>
    </>
  );
}
