import { Link } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { compare } from "@/lib/money";
import { many } from "@/lib/numbers";
import { BudgetMeter } from "../budget-meter";
import { tellOutlook, type Mood } from "../outlook";
import { leftOf, nameOfPeriod, todayIn } from "../periods";
import { useBudget, type Budget } from "../reads";
import { readScope, type Each } from "../scope";
import { ScopeWords, type NameValue } from "../scope-words";
import { useSeen } from "./use-seen";

// Worked out from the last eight weeks, so a minute changes little.
const OUTLOOK_MS = 60_000;

const LOOKS: Record<Mood, string> = {
  good: "text-muted",
  warn: "text-warn",
  bad: "text-bad",
  unknown: "text-muted",
};

/** One budget in the list. */
export function BudgetRow(props: { budget: Budget; nameValue: NameValue }) {
  const { budget, nameValue } = props;
  const { id: workspace, zone } = useWorkspace();
  const [ref, seen] = useSeen<HTMLLIElement>();
  return (
    <li
      ref={ref}
      className="grid items-start gap-x-8 gap-y-2 border-t border-line px-4 py-3.5 first:border-t-0 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
    >
      <div className="grid min-w-0 gap-1">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            to={`/w/${workspace}/budgets/${budget.id}`}
            className="max-w-full min-w-0 font-medium hover:text-accent hover:underline"
          >
            <Name>{budget.name}</Name>
          </Link>
          {budget.paused && <Badge>Paused</Badge>}
          {!budget.in_force && <Badge>Not in force</Badge>}
          {budget.each === null && compare(budget.spent, budget.budget_amount) >= 0 && (
            <Badge tone="bad">Used up</Badge>
          )}
        </div>
        <ScopeWords scope={readScope(budget.scope)} each={budget.each} nameValue={nameValue} />
        <span className="text-xs text-muted">
          {nameOfPeriod(budget.period, budget.period_start)} ·{" "}
          {leftOf(budget.period_start, budget.period_end, todayIn(zone))}
        </span>
      </div>
      <div className="grid min-w-0 gap-1.5">
        {budget.each === null ? (
          <Whole budget={budget} />
        ) : (
          <ForEach budget={budget} each={budget.each} nameValue={nameValue} />
        )}
        {budget.in_force && budget.each === null && seen && <Forecast budget={budget} />}
      </div>
    </li>
  );
}

function Whole({ budget }: { budget: Budget }) {
  return (
    <BudgetMeter
      spent={budget.spent}
      amount={budget.budget_amount}
      thresholds={budget.thresholds}
      label={`Spent of ${budget.name}`}
    />
  );
}

function ForEach(props: { budget: Budget; each: Each; nameValue: NameValue }) {
  const { budget, each, nameValue } = props;
  const [first] = budget.values ?? [];
  const number = budget.values_count ?? 0;
  const over = (budget.values ?? []).filter(
    ({ spent }) => compare(spent, budget.budget_amount) >= 0,
  ).length;
  const most = over === budget.values?.length && number > over;
  if (first === undefined) {
    return <p className="text-sm text-muted">Nobody has spent anything in this period yet.</p>;
  }
  return (
    <>
      <BudgetMeter
        spent={first.spent}
        amount={budget.budget_amount}
        thresholds={budget.thresholds}
        label={`The most that one spent of ${budget.name}`}
      />
      <p className="flex min-w-0 flex-wrap gap-x-1 text-xs text-muted">
        <span>Most:</span> <Name className="max-w-48">{nameValue(each, first.value)}</Name>
        <span>
          · {many(number, "has", "have")} spend
          {over > 0 && (
            <span className="text-bad">
              , {most ? "at least " : ""}
              {over} used up
            </span>
          )}
        </span>
      </p>
    </>
  );
}

function Forecast({ budget }: { budget: Budget }) {
  const full = useBudget(budget.id, { staleMs: OUTLOOK_MS });
  if (full.data === undefined) {
    // The list says what there is; the forecast is a word more, whose failing needs none.
    return <p className="h-4 text-xs" aria-hidden={full.isError} />;
  }
  const told = tellOutlook(full.data.outlook, budget);
  if (told === null) return null;
  return (
    <p className={`text-xs ${LOOKS[told.mood]}`} title={told.detail ?? undefined}>
      {told.brief}
      {told.mood === "unknown" && told.detail !== null && ` ${told.detail}`}
    </p>
  );
}
