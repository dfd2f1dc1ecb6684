/** The form of a price of one's own: its fields, what they may hold, and what the API takes of them. */
import { TZDate } from "@date-fns/tz";
import type { paths } from "@llmlab/client";
import Big from "big.js";
import { format } from "date-fns";
import { get, type Path } from "react-hook-form";
import { z } from "zod";
import { documentOf, type PriceDocument } from "@/lib/price-document";
import { discountOf } from "./rates";
import {
  amounts,
  isEmpty,
  NO_RATE,
  RATES,
  ratesFormOf,
  ratesOf,
  tierFormsOf,
  TIERS,
  tiersOf,
} from "./rates-form";
import type { Price } from "./use-price-pages";
import { windowFormsOf, WINDOWS, windowsOf } from "./windows-form";

export type PriceBody = NonNullable<
  paths["/api/prices"]["put"]["requestBody"]
>["content"]["application/json"];

/** Fees beside tokens that can be stated, each for so many. */
export const FEES = [
  { unit: "web_searches", per: 1000, label: "Web searches, per 1,000" },
  { unit: "file_searches", per: 1000, label: "File searches, per 1,000" },
  { unit: "images", per: 1, label: "Images, each" },
  { unit: "seconds", per: 1, label: "Seconds, each" },
  { unit: "characters", per: 1_000_000, label: "Characters, per 1M" },
  { unit: "pages", per: 1000, label: "Pages, per 1,000" },
  { unit: "requests", per: 1, label: "Requests, each" },
] as const;

export type FeeName = (typeof FEES)[number]["unit"];

export const PROCESSINGS = ["", "batch", "flex", "priority", "fast"] as const;

/** Since when it holds: from now, for all that was, from the beginning of the one it replaces, or a time. */
export const SINCE = ["now", "all", "same", "date"] as const;

/** What sets off the form. */
export type Start =
  | { kind: "new" }
  | { kind: "unpriced"; provider: string; model: string }
  | { kind: "model"; provider: string; model: string; price: Price }
  | { kind: "edit"; price: Price };

const EVERY_MODEL = "*";
// Before the first call that there can be.
const ALWAYS = "2020-01-01T00:00:00Z";
const DATETIME = "yyyy-MM-dd'T'HH:mm";
const DISCOUNT = /^-?\d{1,3}(\.\d{1,4})?$/;

const name = z.string().trim().min(1, "It is missing.").max(256);

const SHAPE = z
  .object({
    provider: name,
    model: name,
    kind: z.enum(["rates", "discount"]),
    processing: z.enum(PROCESSINGS),
    region: z.string().trim().max(64),
    since: z.enum(SINCE),
    from: z.string(),
    until: z.string(),
    discount: z.string().trim(),
    note: z.string().trim().max(500),
    tokens: RATES,
    tiers: TIERS,
    windows: WINDOWS,
    ...amounts(FEES.map(({ unit }) => unit)),
  })
  .superRefine((form, context) => {
    const wrong = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: field.split("."), message });
    if (form.since === "date" && form.from === "") wrong("from", "Say from when.");
    if (form.kind === "discount") {
      if (!DISCOUNT.test(form.discount)) wrong("discount", "Per cent, such as 12.5.");
      else if (new Big(form.discount).gt(100)) wrong("discount", "At most 100.");
    } else {
      if (form.model === EVERY_MODEL)
        wrong("model", "Rates are of one model; all of them can have a discount.");
      if (isEmpty(form.tokens)) {
        if (form.tiers.length + form.windows.length > 0)
          wrong("tokens.input", "State what holds otherwise.");
        else if (FEES.every(({ unit }) => form[unit] === "")) wrong("tokens.input", NO_RATE);
      }
    }
  });

export type PriceForm = z.input<typeof SHAPE>;

/** The form; beside a discount, rates are not on screen and what is wrong with them does not matter. */
export const FORM = z
  .custom<PriceForm>()
  .transform((form) => (form.kind === "rates" ? form : { ...form, ...ratesPart({}) }))
  .pipe(SHAPE);

/** Return the form as it is at first. */
export function formOf(start: Start, zone: string): PriceForm {
  const price = priceOf(start);
  const document = beginsWith(start);
  const [processing = "", region = ""] = (price?.context ?? "").split("@");
  const named = "provider" in start ? start : (price ?? { provider: "", model: "" });
  return {
    provider: named.provider,
    model: named.model,
    kind: document.factor === undefined ? "rates" : "discount",
    processing: PROCESSINGS.find((each) => each === processing) ?? "",
    region,
    since: sinceOf(start),
    from: "",
    until: start.kind === "edit" ? localEnd(start.price, zone) : "",
    discount: document.factor === undefined ? "" : discountOf(document.factor),
    note: start.kind === "edit" ? start.price.source : "",
    ...ratesPart(document),
  };
}

/** Return the request. What the form has no fields for stays as it was before. */
export function bodyOf(form: PriceForm, zone: string, start: Start): PriceBody {
  const body: PriceBody = {
    provider: form.provider,
    model: form.model,
    context: form.region === "" ? form.processing : `${form.processing}@${form.region}`,
    note: form.note,
  };
  const from = beginningOf(form, zone, start);
  if (from !== null) body.valid_from = from;
  if (form.until !== "") body.valid_until = endOf(form, zone, start);
  if (form.kind === "discount") return { ...body, discount_percent: form.discount };
  const tokens = ratesOf(form.tokens);
  const units = {
    ...otherUnits(beginsWith(start)),
    ...Object.fromEntries(
      FEES.flatMap(({ unit, per }) =>
        form[unit] === "" ? [] : [[unit, { usd: form[unit], per }]],
      ),
    ),
  };
  return {
    ...body,
    ...(Object.keys(tokens).length > 0 ? { tokens } : {}),
    ...(Object.keys(units).length > 0 ? { units } : {}),
    ...(form.tiers.length > 0 ? { tiers: tiersOf(form.tiers, tokens) } : {}),
    ...(form.windows.length > 0 ? { windows: windowsOf(form.windows, tokens) } : {}),
  };
}

/** The names of the form for the API's names of fields, where they differ. */
const FIELD_NAMES: Readonly<Record<string, Path<PriceForm>>> = {
  ...Object.fromEntries(
    FEES.flatMap(({ unit }) => [
      [`units.${unit}`, unit],
      [`units.${unit}.usd`, unit],
    ]),
  ),
  tokens: "tokens.input",
  context: "region",
  valid_from: "from",
  valid_until: "until",
  discount_percent: "discount",
};

/** Return the field of the form for the API's name of it, such as `tiers.0.above`; null where it has none. */
export function fieldOf(form: PriceForm, named: string): Path<PriceForm> | null {
  const field = FIELD_NAMES[named] ?? named;
  return get(form, field) === undefined ? null : (field as Path<PriceForm>);
}

function ratesPart(document: PriceDocument) {
  const fees = FEES.map(({ unit, per }) => [unit, feeOf(document, unit, per)]);
  return {
    tokens: ratesFormOf(document.tokens),
    tiers: tierFormsOf(document.tiers),
    windows: windowFormsOf(document.windows),
    ...(Object.fromEntries(fees) as Record<FeeName, string>),
  };
}

/** Return what the price says that a form begins with; nothing where there is none. */
function beginsWith(start: Start): PriceDocument {
  const price = priceOf(start);
  return price === null ? {} : documentOf(price.rates);
}

function priceOf(start: Start): Price | null {
  return start.kind === "edit" || start.kind === "model" ? start.price : null;
}

function sinceOf(start: Start): PriceForm["since"] {
  if (start.kind === "unpriced") return "all";
  // What does not hold now is changed for then: from now on, it would be another price beside that one.
  return start.kind === "edit" && !start.price.effective ? "same" : "now";
}

function localEnd({ stated_until: until }: Price, zone: string): string {
  // Where it ends because another begins, it must not be given an end that outlasts that one.
  return until === null ? "" : localOf(until, zone);
}

function endOf({ until }: PriceForm, zone: string, start: Start): string {
  // Fields have whole minutes: an end that was not touched stays what it was.
  if (start.kind === "edit" && start.price.stated_until !== null) {
    if (until === localEnd(start.price, zone)) return start.price.stated_until;
  }
  return instantOf(until, zone);
}

function beginningOf(form: PriceForm, zone: string, start: Start): string | null {
  switch (form.since) {
    case "now":
      return null;
    case "all":
      return ALWAYS;
    case "same":
      return start.kind === "edit" ? (start.price.valid_from ?? ALWAYS) : null;
    case "date":
      return instantOf(form.from, zone);
  }
}

/** Return the instant of a day and time in a zone. */
export function instantOf(local: string, zone: string): string {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0] = local.split(/\D/).map(Number);
  return new Date(new TZDate(year, month - 1, day, hours, minutes, zone).getTime()).toISOString();
}

/** Return the day and time in a zone, as a field takes them. */
function localOf(iso: string, zone: string): string {
  return format(new TZDate(iso, zone), DATETIME);
}

function feeOf({ units }: PriceDocument, unit: string, per: number): string {
  const fee = units?.[unit];
  return fee === undefined
    ? ""
    : new Big(fee.usd)
        .times(per)
        .div(fee.per ?? 1)
        .toFixed();
}

function otherUnits({ units = {} }: PriceDocument): NonNullable<PriceDocument["units"]> {
  const known: readonly string[] = FEES.map(({ unit }) => unit);
  return Object.fromEntries(Object.entries(units).filter(([unit]) => !known.includes(unit)));
}
