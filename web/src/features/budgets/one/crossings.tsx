import { Bell } from "lucide-react";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/states";
import { many } from "@/lib/numbers";
import { instant } from "@/lib/times";
import type { BudgetInFull } from "../reads";
import type { NameValue } from "../scope-words";
import { asPercent } from "../thresholds";

/** The thresholds that were passed in this period. */
export function Crossings(props: { budget: BudgetInFull; nameValue: NameValue }) {
  const { budget, nameValue } = props;
  const { id, zone } = useWorkspace();
  const { alerts, alerts_count: all, each } = budget;
  return (
    <Card
      title="Passed in this period"
      about={all > alerts.length ? `The last ${alerts.length} of ${many(all, "time")}.` : undefined}
      actions={
        <ButtonLink to={`/w/${id}/budgets/alerts?budget=${budget.id}`} size="small" tone="quiet">
          Its alerts
        </ButtonLink>
      }
      flush
    >
      {alerts.length === 0 ? (
        <Empty icon={Bell} title="No threshold passed so far">
          It tells at {budget.thresholds.map(asPercent).join(", ")}.
        </Empty>
      ) : (
        <ul className="text-sm">
          {alerts.map((one, place) => (
            <li
              key={place}
              className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-0.5 border-t border-line px-4 py-2 first:border-t-0"
            >
              <span className="figures w-12 shrink-0 font-medium">{asPercent(one.threshold)}</span>
              {one.value != null && each !== null && (
                <Name className="max-w-48">{nameValue(each, one.value)}</Name>
              )}
              <span className="text-muted">
                at <Money amount={one.spend} />
              </span>
              <time dateTime={one.crossed_at} className="figures ml-auto text-xs text-muted">
                {instant(one.crossed_at, zone)}
              </time>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
