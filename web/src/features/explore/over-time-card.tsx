import { LazySpendChart } from "@/components/charts/lazy-spend-chart";
import { OverTimeView } from "@/components/charts/over-time-view";
import { Card } from "@/components/ui/card";
import { Choice } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { readSpendOverTime, usualUnit, type Unit } from "@/api/spend-over-time";
import { useRead } from "@/api/use-read";
import { inWords, type Dimension } from "@/lib/dimensions";
import { lengthOf, nameOf as nameOfRange } from "@/lib/ranges";
import type { Question } from "./question";

interface OverTimeCardProps {
  question: Question;
  unit: "auto" | Unit;
  kind: "bars" | "area";
  moving: boolean;
  onChange: (changes: { unit?: "auto" | Unit; kind?: "bars" | "area" }) => void;
  nameOfValue: (dimension: Dimension, value: string) => string;
}

// Beyond that, hours are more than a picture can show.
const MOST_HOURLY_DAYS = 14;

/** The same over time. */
export function OverTimeCard(props: OverTimeCardProps) {
  const { question, unit, kind, moving, onChange, nameOfValue } = props;
  const { range, days, zone, filters, dimensions } = question;
  const hourly = lengthOf(days) <= MOST_HOURLY_DAYS;
  const asked = unit === "auto" || (unit === "hour" && !hourly) ? usualUnit(days) : unit;
  const spread = useRead(
    ["over time", dimensions, asked, days, zone, filters],
    (api, signal) =>
      readSpendOverTime(api, { days, zone, filters, dimensions, unit: asked }, signal),
    { moving },
  );
  return (
    <Card
      title="Over time"
      actions={
        <>
          <Choice
            aria-label="A bar is"
            value={unit}
            onChange={({ target }) => onChange({ unit: target.value as Unit | "auto" })}
            className="h-8 w-auto! text-xs"
          >
            <option value="auto">As fits</option>
            <option value="hour" disabled={!hourly}>
              By the hour
            </option>
            <option value="day">By the day</option>
            <option value="month">By the month</option>
          </Choice>
          <Segments
            label="Drawn as"
            value={kind}
            onChange={(next) => onChange({ kind: next })}
            choices={[
              ["bars", "Bars"],
              ["area", "Area"],
            ]}
          />
        </>
      }
    >
      <OverTimeView
        query={spread}
        zone={zone}
        nameOfValue={nameOfValue}
        skeleton={<Skeleton className="h-70" />}
      >
        {({ buckets, series }, spend) => (
          <LazySpendChart
            label={`Spend by ${spend.dimensions.map(inWords).join(" and ")}, ${nameOfRange(range)}, by the ${spend.unit}. The table has the sums.`}
            buckets={buckets}
            series={series}
            kind={kind}
          />
        )}
      </OverTimeView>
    </Card>
  );
}
