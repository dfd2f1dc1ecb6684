import { usePages } from "@/api/use-pages";
import { useWorkspace } from "@/api/workspace";
import { More } from "@/components/more";
import { Name } from "@/components/name";
import { Misread } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { inWords, nameOf } from "@/lib/dimensions";
import { text, useUrlState } from "@/lib/url-state";
import { BudgetMeter } from "../budget-meter";
import { lastDay, todayIn } from "../periods";
import type { BudgetInFull } from "../reads";
import { everyOne, type Each, type Scope } from "../scope";
import type { NameValue } from "../scope-words";
import { Curve } from "./curve";

const PAGE = 25;
const STATE = { of: text() };

interface ValuesProps {
  budget: BudgetInFull;
  each: Each;
  scope: Scope;
  nameValue: NameValue;
}

/** Whose spend a budget for each counts, the most first; of a chosen one, the course of the period. */
export function Values({ budget, each, scope, nameValue }: ValuesProps) {
  const { zone } = useWorkspace();
  const { values: state, set, misread } = useUrlState(STATE);
  const over = todayIn(zone) >= budget.period_end;
  const period = over ? lastDay(budget.period_end) : budget.period_start;
  const list = usePages(
    ["budget-values", budget.id, period],
    (api, cursor, signal) =>
      api.GET("/api/budgets/{id}/values", {
        params: { path: { id: budget.id }, query: { period, limit: PAGE, cursor } },
        signal,
      }),
    { moving: true },
  );
  const listed = list.data?.pages.flatMap((page) => page.values);
  const spent = listed?.find(({ value }) => value === state.of)?.spent ?? null;
  return (
    <>
      <Misread names={misread} />
      <Card
        title={`${nameOf(each)} by ${inWords(each)}`}
        about={`What ${everyOne(each)} spent in this period, the most first. Calls that name none count for nobody.`}
        flush
      >
        <QueryView query={list} skeleton={<Waiting />}>
          {({ pages }) => {
            const values = pages.flatMap((page) => page.values);
            if (values.length === 0) return <Empty title="Nothing spent in this period yet" />;
            return (
              <>
                <ul>
                  {values.map(({ value, spent }) => (
                    <li
                      key={value}
                      className="grid items-center gap-x-6 gap-y-1.5 border-t border-line px-4 py-2.5 first:border-t-0 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)_6.5rem]"
                    >
                      <Name>{nameValue(each, value)}</Name>
                      <BudgetMeter
                        spent={spent}
                        amount={budget.budget_amount}
                        thresholds={budget.thresholds}
                        label={`Spent of ${nameValue(each, value)}`}
                      />
                      <Button
                        size="small"
                        tone="quiet"
                        className="justify-self-end"
                        aria-expanded={state.of === value}
                        aria-label={`${state.of === value ? "Hide" : "Show"} course of ${nameValue(each, value)}`}
                        onClick={() => set({ of: state.of === value ? "" : value })}
                      >
                        {state.of === value ? "Hide course" : "Show course"}
                      </Button>
                    </li>
                  ))}
                </ul>
                <More pages={list} />
              </>
            );
          }}
        </QueryView>
      </Card>
      {state.of !== "" && (
        <section aria-label={`Course of ${nameValue(each, state.of)}`} className="grid gap-2">
          <p className="flex min-w-0 gap-1.5 text-sm text-muted">
            {nameOf(each)} <Name className="font-medium text-ink">{nameValue(each, state.of)}</Name>
          </p>
          <Curve budget={budget} scope={{ ...scope, [each]: state.of }} spent={spent} />
        </section>
      )}
    </>
  );
}

function Waiting() {
  return (
    <div className="grid gap-3 p-4">
      {[0, 1, 2, 3, 4].map((place) => (
        <Skeleton key={place} className="h-9" />
      ))}
    </div>
  );
}
