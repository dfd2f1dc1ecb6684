import { Problem } from "@llmlab/client";
import { ArrowLeft } from "lucide-react";
import { Link, useLocation } from "react-router";
import { useValueNames } from "@/api/value-names";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { Page } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { Empty, Skeleton } from "@/components/ui/states";
import { count } from "@/lib/numbers";
import { day } from "@/lib/times";
import { BudgetMeter } from "../budget-meter";
import { tellOutlook, type Mood } from "../outlook";
import { leftOf, nameOfPeriod, todayIn } from "../periods";
import { useBudget, type BudgetInFull } from "../reads";
import { readScope } from "../scope";
import { ScopeWords } from "../scope-words";
import { Amounts } from "./amounts";
import { BudgetActions } from "./budget-actions";
import { Crossings } from "./crossings";
import { Curve } from "./curve";
import { PastPeriods } from "./past-periods";
import { Values } from "./values";

const LOOKS: Record<Mood, string> = { good: "", warn: "text-warn", bad: "text-bad", unknown: "" };

/** One budget: how its period goes, whom it is for, what it told. */
export default function BudgetPage({ id }: { id: number }) {
  const { id: workspace } = useWorkspace();
  const budget = useBudget(id, { moving: true });
  const list = `/w/${workspace}/budgets`;
  const back = (
    <Link to={list} className="inline-flex min-h-6 items-center gap-1 text-muted hover:text-ink">
      <ArrowLeft aria-hidden className="size-3.5" /> All budgets
    </Link>
  );
  if (budget.error instanceof Problem && budget.error.status === 404) {
    return (
      <Page title="Budget" about={back}>
        <Card>
          <Empty
            title="There is no such budget"
            action={<ButtonLink to={list}>See all budgets</ButtonLink>}
          >
            It may have been deleted, or belong to another workspace.
          </Empty>
        </Card>
      </Page>
    );
  }
  return (
    <Page
      title={budget.data?.name ?? "Budget"}
      about={back}
      actions={budget.data && <BudgetActions budget={budget.data} />}
    >
      <QueryView query={budget} skeleton={<Waiting />}>
        {(data) => <Content budget={data} />}
      </QueryView>
    </Page>
  );
}

function Content({ budget }: { budget: BudgetInFull }) {
  const { state } = useLocation() as { state: { notes?: string[] } | null };
  const scope = readScope(budget.scope);
  const nameValue = useValueNames("api_key" in scope || budget.each === "api_key");
  const notes = [...new Set([...(state?.notes ?? []), ...(budget.notes ?? [])])];
  return (
    <>
      {notes.map((note) => (
        <Notice key={note}>{note}</Notice>
      ))}
      <Card>
        <div className="grid items-start gap-x-10 gap-y-4 md:grid-cols-2">
          <div className="grid min-w-0 gap-1.5">
            <Period budget={budget} />
            <ScopeWords scope={scope} each={budget.each} nameValue={nameValue} />
            {budget.counts_from !== null && budget.counts_from > budget.period_start && (
              <span className="text-xs text-muted">
                Counts what was spent from {day(budget.counts_from)} on
              </span>
            )}
          </div>
          <Standing budget={budget} />
        </div>
        <Hints budget={budget} />
      </Card>
      {budget.each === null ? (
        <Curve budget={budget} scope={scope} spent={budget.spent} />
      ) : (
        <Values budget={budget} each={budget.each} scope={scope} nameValue={nameValue} />
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Crossings budget={budget} nameValue={nameValue} />
        <div className="grid min-w-0 gap-4">
          <Amounts budget={budget} />
          {budget.month === null && <PastPeriods budget={budget} />}
        </div>
      </div>
    </>
  );
}

function Period({ budget }: { budget: BudgetInFull }) {
  const { zone } = useWorkspace();
  const { period, period_start: start, period_end: end, paused, in_force } = budget;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="font-medium">{nameOfPeriod(period, start)}</span>
      <span className="text-muted">{leftOf(start, end, todayIn(zone))}</span>
      {paused && <Badge>Paused</Badge>}
      {!in_force && <Badge>Not in force</Badge>}
    </div>
  );
}

function Standing({ budget }: { budget: BudgetInFull }) {
  if (budget.each !== null) return <Totals budget={budget} />;
  const told = tellOutlook(budget.outlook, budget);
  return (
    <div className="grid min-w-0 gap-2">
      <BudgetMeter
        spent={budget.spent}
        amount={budget.budget_amount}
        thresholds={budget.thresholds}
        label={`Spent of ${budget.name}`}
      />
      {told !== null && (
        <p className={LOOKS[told.mood]}>
          {told.brief}
          {told.detail !== null && <span className="block text-xs text-muted">{told.detail}</span>}
        </p>
      )}
    </div>
  );
}

function Totals({ budget }: { budget: BudgetInFull }) {
  const { values_count: number, budget_amount: amount, spent } = budget;
  const look = "grid gap-0.5 [&>dt]:text-xs [&>dt]:text-muted [&>dd]:font-medium";
  return (
    <dl className="grid grid-cols-3 gap-4">
      <div className={look}>
        <dt>For each</dt>
        <dd>
          <Money amount={amount} />
        </dd>
      </div>
      <div className={look}>
        <dt>Spent by all</dt>
        <dd>
          <Money amount={spent} />
        </dd>
      </div>
      <div className={look}>
        <dt>With spend</dt>
        <dd className="figures">{count(number ?? 0)}</dd>
      </div>
    </dl>
  );
}

function Hints({ budget }: { budget: BudgetInFull }) {
  const { paused, in_force, month } = budget;
  return (
    <>
      {paused && (
        <p className="mt-3 text-sm text-muted">
          It is paused: what it passes is recorded, and nobody is told.
        </p>
      )}
      {!in_force && (
        <p className="mt-3 text-sm text-muted">
          {month === null
            ? "It does not count this month, which has a budget of its own."
            : "It is of its month alone."}
        </p>
      )}
    </>
  );
}

function Waiting() {
  return (
    <div className="grid gap-4">
      <Skeleton className="h-28" />
      <Skeleton className="h-80" />
      <div className="grid gap-4 lg:grid-cols-2">
        <Skeleton className="h-40" />
        <Skeleton className="h-40" />
      </div>
    </div>
  );
}
