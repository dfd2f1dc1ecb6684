import clsx from "clsx";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { floatLook, GRID, MARK, MONEY_AXIS, TIME_AXIS } from "@/components/charts/axes";
import { Money } from "@/components/money";
import { fromPosition, toPosition } from "@/lib/money";
import type { Point } from "../burn-down";
import { asPercent } from "../thresholds";

interface BurnDownChartProps {
  /** What it shows, in words. */
  label: string;
  points: readonly Point[];
  amount: string;
  thresholds: readonly string[];
}

const MARGIN = { top: 8, right: 48, bottom: 0, left: 0 };
const ROOM_ABOVE = 1.06;

/** The course of a budget's period. In a file of its own, because of the library. */
export default function BurnDownChart({ label, points, amount, thresholds }: BurnDownChartProps) {
  const limit = toPosition(amount);
  const tops = points.map(({ curve, range }) => Math.max(curve ?? 0, range?.[1] ?? 0));
  const highest = Math.max(limit, ...tops) * ROOM_ABOVE;
  const shown = thresholds.map(toPosition).filter((each) => each * limit <= highest);
  return (
    <div role="img" aria-label={label} className="h-full">
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart data={points} margin={MARGIN} accessibilityLayer={false}>
          <CartesianGrid {...GRID} />
          <XAxis {...TIME_AXIS} dataKey="label" minTickGap={28} />
          <YAxis {...MONEY_AXIS} domain={[0, "auto"]} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: "var(--line-strong)" }}
            content={({ active, payload }) => {
              const point = payload[0]?.payload as Point | undefined;
              return active && point !== undefined ? <Told point={point} /> : null;
            }}
          />
          {shown.map((threshold) => (
            <ReferenceLine
              key={threshold}
              y={threshold * limit}
              ifOverflow="extendDomain"
              stroke={threshold >= 1 ? "var(--bad)" : "var(--warn)"}
              strokeDasharray="4 4"
              label={{ ...MARK, value: asPercent(String(threshold)), position: "right" }}
            />
          ))}
          <Line
            dataKey="ideal"
            stroke="var(--line-strong)"
            strokeDasharray="2 4"
            dot={false}
            isAnimationActive={false}
          />
          <Area
            dataKey="range"
            stroke="none"
            fill="var(--accent)"
            fillOpacity={0.18}
            isAnimationActive={false}
          />
          <Line
            dataKey="likely"
            stroke="var(--accent)"
            strokeDasharray="5 4"
            dot={false}
            isAnimationActive={false}
          />
          <Area
            dataKey="curve"
            stroke="var(--accent)"
            strokeWidth={2}
            fill="var(--accent)"
            fillOpacity={0.12}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

function Told({ point: { label, spent, likely, ideal } }: { point: Point }) {
  const lines: [name: string, amount: string][] = [["Even course", fromPosition(ideal)]];
  if (spent !== null) lines.unshift(["Spent", spent]);
  else if (likely !== null) lines.unshift(["Likely", fromPosition(likely)]);
  return (
    <dl className={clsx(floatLook, "grid grid-cols-[auto_auto] gap-x-4 gap-y-0.5")}>
      <dt className="col-span-2 font-medium">{label}</dt>
      {lines.map(([name, amount]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="text-right">
            <Money amount={amount} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
