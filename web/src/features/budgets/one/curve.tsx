import type { Schemas } from "@llmlab/client";
import { lazy, Suspense } from "react";
import { readSummary } from "@/api/costs";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Coming, Skeleton } from "@/components/ui/states";
import { OTHER } from "@/lib/dimensions";
import { format } from "@/lib/money";
import { many } from "@/lib/numbers";
import { describe, lacksSome, toPoints } from "../burn-down";
import { todayIn } from "../periods";
import type { BudgetInFull } from "../reads";
import { filtersOf, type Scope } from "../scope";
import { CurveTable } from "./curve-table";

const BurnDownChart = lazy(() => import("./burn-down-chart"));

const HEIGHT = "h-72";
const OUTLOOK_MS = 60_000;

interface CurveProps {
  budget: BudgetInFull;
  /** What is counted; of a budget for each, with the one value that is looked at. */
  scope: Scope;
  /** What the budget itself has counted of it; null where that is not known. */
  spent: string | null;
}

/** Spend within the period against an even course, with the thresholds and what is to be expected. */
export function Curve({ budget, scope, spent }: CurveProps) {
  const { zone } = useWorkspace();
  const today = todayIn(zone);
  const { period_start: start, period_end: end, counts_from } = budget;
  // What came before it counts is in no figure of the budget.
  const from = counts_from !== null && counts_from > start ? counts_from : start;
  const filters = filtersOf(scope);
  const summary = useRead(
    ["burn-down", from, end, zone, filters],
    (api, signal) => readSummary(api, { days: { from, to: end }, zone, filters }, signal),
    { moving: true, keep: false, enabled: from < end },
  );
  const ahead = useAhead(budget, scope, from === start && start <= today && today < end);
  return (
    <Card
      title="Course of the period"
      about="Spent until the end of each day, against an even course and the thresholds."
    >
      <QueryView query={summary} skeleton={<Skeleton className={HEIGHT} />}>
        {({ trends, total_spend, counts }) => {
          const amount = budget.budget_amount;
          const points = toPoints({ start, end, amount, today, zone, trends, ahead });
          return (
            <>
              <Suspense fallback={<Coming className={HEIGHT} />}>
                <div className={HEIGHT}>
                  <BurnDownChart
                    label={describe(points, format(total_spend), format(amount))}
                    points={points}
                    amount={amount}
                    thresholds={budget.thresholds}
                  />
                </div>
              </Suspense>
              <Unknown counts={counts} />
              {spent !== null && lacksSome(total_spend, spent) && (
                <p className="mt-2 text-xs text-warn">
                  The curve shows <Money amount={total_spend} /> of <Money amount={spent} />: of
                  busy days, small values are kept together as {OTHER} and cannot be drawn one by
                  one.
                </p>
              )}
              <CurveTable points={points} />
            </>
          );
        }}
      </QueryView>
    </Card>
  );
}

/** What the forecast expects of each day to come; nothing where it cannot say. */
function useAhead(budget: BudgetInFull, scope: Scope, wanted: boolean) {
  const enabled = wanted && budget.outlook?.forecast != null;
  // Tags are named by the workspace, so that no type can list them.
  const asked: Record<string, unknown> = { period: budget.period, ...scope };
  const query = asked as Record<string, never>;
  const forecast = useRead(
    ["forecast", query],
    (api, signal) => api.GET("/api/costs/forecast", { params: { query }, signal }),
    { enabled, staleMs: OUTLOOK_MS, keep: false },
  );
  return enabled ? (forecast.data?.days ?? []) : [];
}

function Unknown({ counts }: { counts: Schemas["Summary"]["counts"] }) {
  const parts = (
    [
      [counts.unpriced, "without a price"],
      [counts.missing, "without usage"],
      [counts.quarantined, "whose usage contradicts itself"],
    ] as const
  ).filter(([number]) => number > 0);
  if (parts.length === 0) return null;
  return (
    <p className="mt-2 text-xs text-warn">
      In no figure here: {parts.map(([number, why]) => `${many(number, "call")} ${why}`).join(", ")}
      .
    </p>
  );
}
