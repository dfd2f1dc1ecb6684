import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { floatLook, GRID, MONEY_AXIS, TIME_AXIS } from "@/components/charts/axes";
import { colorAt } from "@/components/charts/series";
import { Money } from "@/components/money";
import { day } from "@/lib/times";
import { CLASS_NAMES, type TokenClass } from "@/lib/token-classes";
import { pointsOf, sayChart, type Point, type Step } from "./history";

interface PriceChartProps {
  steps: readonly Step[];
  classes: readonly TokenClass[];
  now: number;
}

/** Rates over time, as steps. Loaded when it is first wanted. */
export default function PriceChart({ steps, classes, now }: PriceChartProps) {
  const points = pointsOf(steps, classes, now);
  return (
    <div role="img" aria-label={sayChart(steps, classes)} style={{ height: 240 }}>
      <ResponsiveContainer width="100%" height="100%">
        <LineChart data={points} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
          <CartesianGrid {...GRID} />
          <XAxis
            {...TIME_AXIS}
            dataKey="at"
            type="number"
            scale="time"
            domain={["dataMin", "dataMax"]}
            tickFormatter={sayDay}
            minTickGap={40}
          />
          <YAxis {...MONEY_AXIS} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: "var(--line-strong)" }}
            content={({ active, payload }) => {
              const point = payload[0]?.payload as Point | undefined;
              if (!active || point === undefined) return null;
              return <Told at={point.at} steps={steps} classes={classes} />;
            }}
          />
          {classes.map((name, place) => (
            <Line
              key={name}
              type="stepAfter"
              dataKey={name}
              name={CLASS_NAMES[name]}
              stroke={colorAt(place)}
              strokeWidth={2}
              dot={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </div>
  );
}

interface ToldProps {
  at: number;
  steps: readonly Step[];
  classes: readonly TokenClass[];
}

function Told({ at, steps, classes }: ToldProps) {
  const step = steps.findLast((each) => each.at <= at);
  return (
    <div className={floatLook}>
      <div className="mb-1.5 font-medium">{sayDay(at)}</div>
      {classes.map((name, place) => (
        <div key={name} className="flex items-center gap-2 py-0.5">
          <span aria-hidden className="size-2 rounded-sm" style={{ background: colorAt(place) }} />
          <span className="flex-1 text-muted">{CLASS_NAMES[name]}</span>
          <Money amount={step?.rates[name] ?? null} />
        </div>
      ))}
    </div>
  );
}

function sayDay(at: number): string {
  return day(new Date(at).toISOString().slice(0, 10));
}
