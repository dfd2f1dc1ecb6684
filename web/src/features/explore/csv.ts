/** The table as CSV: RFC 4180, with text that a spreadsheet would run as a formula made harmless. */
import { nameOf, type Dimension } from "@/lib/dimensions";
import type { Row } from "./rows";

const RUNS = /^[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** Return a cell of text that somebody else wrote. */
export function textCell(text: string): string {
  return quoted(RUNS.test(text) ? `'${text}` : text);
}

/** Return the file. What is not known is empty, never 0. */
export function toCsv(
  rows: readonly Row[],
  dimensions: readonly Dimension[],
  compared: boolean,
  nameOfValue: (dimension: Dimension, value: string) => string,
): string {
  const heading = [
    ...dimensions.map(nameOf),
    "Spend (USD)",
    "Calls",
    "Calls without a known cost",
    "Tokens",
    "Cost per call (USD)",
    ...(compared ? ["Spend before (USD)", "Difference (USD)"] : []),
  ];
  const lines = rows.map((row) => [
    ...dimensions.map((each) => {
      const value = row.keys[each] ?? "";
      return textCell(value === "" ? "" : nameOfValue(each, value));
    }),
    figure(row.spend),
    figure(row.events),
    figure(row.unknown),
    figure(row.tokens),
    figure(row.perCall),
    ...(compared ? [figure(row.before), figure(row.difference)] : []),
  ]);
  return [heading.map(textCell), ...lines].map((cells) => `${cells.join(",")}\r\n`).join("");
}

function figure(value: string | number | null): string {
  return value === null ? "" : String(value);
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
