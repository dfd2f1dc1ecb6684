import { Wallet } from "lucide-react";
import { useValueNames } from "@/api/value-names";
import { useMay, useWorkspace } from "@/api/workspace";
import { More } from "@/components/more";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { useBudgets } from "../reads";
import { readScope } from "../scope";
import { BudgetRow } from "./budget-row";
import { NewBudgetButton } from "./new-budget-button";

/** All budgets: those that hold now first, then those of other months. */
export function BudgetList() {
  const list = useBudgets();
  const budgets = list.data?.pages.flatMap((page) => page.budgets) ?? [];
  const nameValue = useValueNames(
    budgets.some(({ scope, each }) => "api_key" in scope || each === "api_key"),
  );
  const { edit } = useMay();
  const { role } = useWorkspace();
  const current = budgets.filter(({ in_force }) => in_force);
  const others = budgets.filter(({ in_force }) => !in_force);
  const plain = budgets.some(
    (one) => one.each === null && Object.keys(readScope(one.scope)).length === 0,
  );
  return (
    <QueryView query={list} skeleton={<Waiting />}>
      {() =>
        budgets.length === 0 ? (
          <Card>
            <Empty
              icon={Wallet}
              title="No budget yet"
              action={<NewBudgetButton label="Set a monthly budget" />}
            >
              {edit
                ? "Say what may be spent in a month, and you are told when half, 80 % and all of it is used. A budget can also be of one feature, or for every user by himself."
                : `As ${role === "viewer" ? "a viewer" : role} you can look at budgets; a member makes them.`}
            </Empty>
          </Card>
        ) : (
          <>
            {current.length > 0 && (
              <Card title="In force" flush>
                <ul>
                  {current.map((budget) => (
                    <BudgetRow key={budget.id} budget={budget} nameValue={nameValue} />
                  ))}
                </ul>
              </Card>
            )}
            {others.length > 0 && (
              <Card
                title="Not in force"
                about="Of other months, or replaced this month by a budget of its own."
                flush
              >
                <ul>
                  {others.map((budget) => (
                    <BudgetRow key={budget.id} budget={budget} nameValue={nameValue} />
                  ))}
                </ul>
              </Card>
            )}
            <More pages={list} />
            {!plain && !list.hasNextPage && edit && (
              <p className="text-sm text-muted">
                No budget counts all spend of the workspace: new features and customers would not be
                noticed by any of these.
              </p>
            )}
          </>
        )
      }
    </QueryView>
  );
}

function Waiting() {
  return (
    <Card>
      <div className="grid gap-6">
        {[0, 1, 2, 3].map((place) => (
          <div key={place} className="grid gap-3 sm:grid-cols-2">
            <Skeleton className="h-11" />
            <Skeleton className="h-11" />
          </div>
        ))}
      </div>
    </Card>
  );
}
