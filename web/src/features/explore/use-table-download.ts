import type { Dimension } from "@/lib/dimensions";
import { useWorkspace } from "@/api/workspace";
import { toCsv } from "./csv";
import { isQuick, type Question } from "./question";
import { rowsOf } from "./rows";
import { saveFile } from "./save-file";
import { useGroups, useGroupsBefore } from "./spend-tab";

/** Return what saves the table as a file, or null while there is none. */
export function useTableDownload(
  question: Question,
  compared: boolean,
  wanted: boolean,
  nameOfValue: (dimension: Dimension, value: string) => string,
): (() => void) | null {
  const { zone } = useWorkspace();
  // The same questions as the table's: they are asked once.
  const now = useGroups(question, isQuick(question, zone), wanted);
  const before = useGroupsBefore(question, compared && wanted).groups;
  const { data } = now;
  if (!wanted || data === undefined || now.isPlaceholderData) return null;
  return () => {
    const rows = rowsOf(data, compared ? (before.data ?? null) : null);
    const { from, to } = question.days;
    const name = ["spend-by", ...data.dimensions, from, to].join("-").replaceAll(/[^\w.-]+/g, "_");
    const there = compared && before.data !== undefined;
    saveFile(`${name}.csv`, "text/csv", toCsv(rows, data.dimensions, there, nameOfValue));
  };
}
