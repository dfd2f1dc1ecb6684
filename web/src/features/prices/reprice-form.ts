/** Which calls are to be priced again, as the URL says and as the API takes it. */
import { TZDate } from "@date-fns/tz";
import type { Schemas } from "@llmlab/client";
import { format } from "date-fns";
import { PRICE_STATUS } from "@/lib/dimensions";
import { daysOf, EARLIEST, readRange, writeRange, type Range } from "@/lib/ranges";
import { parsed, text, type Field } from "@/lib/url-state";

export type PriceStatus = Schemas["CostEvent"]["price_status"];

const MOST_MODELS = 200;

export const FIELDS = {
  range: parsed<Range>("month", readRange, writeRange),
  provider: text(),
  model: list(MOST_MODELS),
  price_status: statuses(),
};

export interface RepriceChoice {
  range: Range;
  provider: string;
  model: readonly string[];
  price_status: readonly PriceStatus[];
}

/** Return the request of a preview. */
export function previewOf(choice: RepriceChoice, zone: string): Schemas["RepriceRequest"] {
  const { from, to } = daysOf(choice.range, zone);
  return {
    from,
    to,
    provider: choice.provider.trim() === "" ? null : choice.provider.trim(),
    model: [...choice.model],
    price_status: [...choice.price_status],
    dry_run: true,
    reason: "",
  };
}

/** Return the query of the page on which calls since an instant are chosen. */
export function repriceQuery(
  provider: string,
  models: readonly string[],
  since: string,
  zone: string,
): string {
  const to = daysOf("today", zone).to;
  const first = format(new TZDate(since, zone), "yyyy-MM-dd");
  // What always held began in UTC's 2020, which is the year before in the west.
  const from = first < EARLIEST ? EARLIEST : first;
  const parameters = new URLSearchParams({ range: writeRange({ from, to }), provider });
  for (const model of models) parameters.append("model", model);
  return parameters.toString();
}

/** Return the models that a text names, one a line or with commas between. */
export function readModels(given: string): string[] {
  const names = given.split(/[\n,]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

function list(most: number): Field<string[]> {
  return {
    fallback: [],
    read: (values) =>
      values.length <= most && values.every((value) => value.length <= 256) ? values : undefined,
    write: (values) => values,
  };
}

function statuses(): Field<PriceStatus[]> {
  return {
    fallback: [],
    read: (values) =>
      values.every((value) => Object.hasOwn(PRICE_STATUS, value))
        ? (values as PriceStatus[])
        : undefined,
    write: (values) => values,
  };
}
