import clsx from "clsx";
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { sum, toPosition } from "@/lib/money";
import { Money } from "../money";
import { Name } from "../name";
import { floatLook, GRID, MONEY_AXIS, TIME_AXIS } from "./axes";
import { ticksFor } from "./ticks";
import type { Bucket, Series } from "./series";

export interface SpendChartProps {
  /** What it shows, in words: screen readers get this and the table beside it. */
  label: string;
  buckets: readonly Bucket[];
  series: readonly Series[];
  kind?: "bars" | "area";
  height?: number;
}

/** Spend over time, stacked. Loaded when it is first wanted: see `LazySpendChart`. */
export default function SpendChart({
  label,
  buckets,
  series,
  kind = "bars",
  height = 280,
}: SpendChartProps) {
  const rows = buckets.map((bucket, place) => ({
    label: bucket.label,
    place,
    ...Object.fromEntries(
      series.map((each, n) => [`s${String(n)}`, toPosition(each.amounts[place] ?? "0")]),
    ),
  }));
  const ticks = ticksFor(
    Math.max(...rows.map((row) => series.reduce((top, _, n) => top + heightOf(row, n), 0))),
  );
  const axes = (
    <>
      <CartesianGrid {...GRID} />
      <XAxis {...TIME_AXIS} dataKey="label" minTickGap={24} />
      <YAxis {...MONEY_AXIS} domain={[0, ticks.at(-1) ?? 1]} ticks={ticks} interval={0} />
      <Tooltip
        isAnimationActive={false}
        cursor={{ fill: "var(--sunken)", stroke: "var(--line-strong)" }}
        content={({ active, payload }) => {
          const place = (payload[0]?.payload as { place: number } | undefined)?.place;
          if (!active || place === undefined) return null;
          return <Told bucket={buckets[place]} place={place} series={series} />;
        }}
      />
    </>
  );
  const margin = { top: 8, right: 8, bottom: 0, left: 0 };
  return (
    <div role="img" aria-label={label} style={{ height }}>
      <ResponsiveContainer width="100%" height="100%">
        {kind === "bars" ? (
          <BarChart data={rows} margin={margin} accessibilityLayer>
            {axes}
            {series.map((each, place) => (
              <Bar
                key={each.id}
                dataKey={`s${String(place)}`}
                name={each.name}
                stackId="spend"
                fill={each.color}
                maxBarSize={48}
                isAnimationActive={false}
              />
            ))}
          </BarChart>
        ) : (
          <AreaChart data={rows} margin={margin} accessibilityLayer>
            {axes}
            {series.map((each, place) => (
              <Area
                key={each.id}
                dataKey={`s${String(place)}`}
                name={each.name}
                stackId="spend"
                stroke={each.color}
                fill={each.color}
                fillOpacity={0.75}
                isAnimationActive={false}
              />
            ))}
          </AreaChart>
        )}
      </ResponsiveContainer>
    </div>
  );
}

function heightOf(row: object, place: number): number {
  return (row as Record<string, number>)[`s${String(place)}`] ?? 0;
}

function Told(props: { bucket: Bucket | undefined; place: number; series: readonly Series[] }) {
  const { bucket, place, series } = props;
  const there = series.filter((each) => (each.amounts[place] ?? "0") !== "0");
  return (
    <div className={clsx(floatLook, "max-w-72")}>
      <div className="mb-1.5 flex justify-between gap-4 font-medium">
        <span>{bucket?.label}</span>
        <Money amount={sum(there.map((each) => each.amounts[place] ?? "0"))} />
      </div>
      {there.map((each) => (
        <div key={each.id} className="flex items-center gap-2 py-0.5">
          <span
            aria-hidden
            className="size-2 shrink-0 rounded-sm"
            style={{ background: each.color }}
          />
          <Name className="flex-1 text-muted">{each.name}</Name>
          <Money amount={each.amounts[place] ?? "0"} />
        </div>
      ))}
    </div>
  );
}
