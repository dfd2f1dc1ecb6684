import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { nameOfPeriod, startOf, todayIn } from "../periods";
import type { BudgetInFull } from "../reads";

/** From when which amount holds; the ones to come can be taken back. */
export function Amounts({ budget }: { budget: BudgetInFull }) {
  const { zone } = useWorkspace();
  const { edit } = useMay();
  const [removed, setRemoved] = useState<string | null>(null);
  const change = useDeed(
    (api, amounts: { from: string; amount: string }[]) =>
      api.PATCH("/api/budgets/{id}", { params: { path: { id: budget.id } }, body: { amounts } }),
    { done: "The planned amount is taken back", onDone: () => setRemoved(null) },
  );
  if (budget.month !== null) return null;
  const current = startOf(budget.period, todayIn(zone));
  const held = budget.amounts.findLast(({ from }) => from <= current) ?? budget.amounts[0];
  return (
    <Card title="Amounts" about="An amount holds until the next one." flush>
      <ul className="text-sm">
        {budget.amounts.toReversed().map((one) => (
          <li
            key={one.from}
            className="flex min-h-11 items-center gap-3 border-t border-line px-4 py-1.5 first:border-t-0"
          >
            <span className="flex-1">From {nameOfPeriod(budget.period, one.from)}</span>
            {one === held && <Badge tone="accent">Now</Badge>}
            {one.from > current && <Badge>Planned</Badge>}
            <Money amount={one.amount} className="font-medium" />
            {edit && one.from > current && budget.amounts.length > 1 && (
              <Button
                size="small-icon"
                tone="quiet"
                aria-label={`Take back the amount from ${nameOfPeriod(budget.period, one.from)}`}
                onClick={() => setRemoved(one.from)}
              >
                <Trash2 aria-hidden />
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Confirm
        open={removed !== null}
        onClose={() => setRemoved(null)}
        title="Take the planned amount back?"
        deed="Take back"
        busy={change.isPending}
        onConfirm={() => change.mutate(budget.amounts.filter(({ from }) => from !== removed))}
      >
        {removed !== null &&
          `From ${nameOfPeriod(budget.period, removed)} on the amount before it goes on holding.`}
      </Confirm>
    </Card>
  );
}
