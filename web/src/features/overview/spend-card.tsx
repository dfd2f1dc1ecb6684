import { lazy, Suspense } from "react";
import { readSpendOverTime, usualUnit } from "@/api/spend-over-time";
import { useDeclaredTags } from "@/api/declared-tags";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { LazySpendChart } from "@/components/charts/lazy-spend-chart";
import { OverTimeView } from "@/components/charts/over-time-view";
import { Card } from "@/components/ui/card";
import { Coming, Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { inWords, type Dimension } from "@/lib/dimensions";
import { isBase } from "@/lib/kept";
import { nameOf as nameOfRange, type Days, type Range } from "@/lib/ranges";
import { DimensionChoice } from "@/components/dimension-choice";
import { STACKS } from "./state";

// Tables come in a file of their own: few look at this one, and nobody first.
const SpendTable = lazy(() => import("@/components/spend-table"));

interface SpendCardProps {
  range: Range;
  days: Days;
  stack: Dimension;
  onStack: (stack: Dimension) => void;
  view: "chart" | "table";
  onView: (view: "chart" | "table") => void;
  nameOfValue: (dimension: Dimension, value: string) => string;
}

const SLOWLY_MS = 20_000;

/** Spend over time by what it was spent on, as a picture or as figures. */
export function SpendCard(props: SpendCardProps) {
  const { range, days, stack, onStack, view, onView, nameOfValue } = props;
  const { zone } = useWorkspace();
  const tags = useDeclaredTags();
  const unit = usualUnit(days);
  const spread = useRead(
    ["over time", stack, unit, days, zone],
    (api, signal) => readSpendOverTime(api, { days, zone, dimensions: [stack], unit }, signal),
    // With every call where that is quickly told.
    isBase([stack]) ? { moving: true } : { every: SLOWLY_MS },
  );
  return (
    <Card
      title="Spend over time"
      actions={
        <>
          <DimensionChoice
            label="Stack by"
            value={stack}
            known={STACKS}
            tags={tags}
            onChange={onStack}
          />
          <Segments
            label="Show as"
            value={view}
            onChange={onView}
            choices={[
              ["chart", "Chart"],
              ["table", "Table"],
            ]}
          />
        </>
      }
    >
      <OverTimeView
        query={spread}
        zone={zone}
        nameOfValue={nameOfValue}
        skeleton={<Skeleton className="h-80" />}
      >
        {({ buckets, series }, { dimensions, unit: by }) => {
          const what = `Spend by ${inWords(dimensions[0] ?? stack)}, ${nameOfRange(range)}, by the ${by}`;
          return view === "chart" ? (
            <LazySpendChart
              label={`${what}. The table has the figures.`}
              buckets={buckets}
              series={series}
            />
          ) : (
            <Suspense fallback={<Coming className="h-80" />}>
              <SpendTable caption={what} unit={by} buckets={buckets} series={series} />
            </Suspense>
          );
        }}
      </OverTimeView>
    </Card>
  );
}
