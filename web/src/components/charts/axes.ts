/** How the axes of every chart look, and what floats over one. */
import { formatShort, fromPosition } from "@/lib/money";

/** Of what stands beside an axis. */
export const MARK = { fill: "var(--muted)", fontSize: 11 };

export const GRID = { vertical: false, stroke: "var(--line)" };

export const TIME_AXIS = { tickLine: false, axisLine: { stroke: "var(--line)" }, tick: MARK };

export const MONEY_AXIS = {
  width: 58,
  tickLine: false,
  axisLine: false,
  tick: MARK,
  // Positions, which are rounded anyway.
  tickFormatter: (value: number) => formatShort(fromPosition(value)),
};

export const floatLook = "rounded-lg border border-line bg-raised p-2.5 text-xs shadow-lg";
