/** What a price says, in words and figures. */
import Big from "big.js";
import { format, type Money } from "@/lib/money";
import { count } from "@/lib/numbers";
import type { Fee, PriceDocument, Rates, Window } from "@/lib/price-document";
import { capital } from "@/lib/sentences";
import { CLASS_NAMES, TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";

export interface Line {
  name: string;
  value: string;
}

/** Return the discount in per cent that a factor is: `12.5`; below zero it is a surcharge. */
export function discountOf(factor: Money): string {
  return new Big(1).minus(factor).times(100).toFixed();
}

/** Say what a price states in the place of rates: `12.5% off`. */
export function sayFactor(factor: Money): string {
  const discount = new Big(discountOf(factor));
  if (discount.eq(100)) return "free";
  if (discount.eq(0)) return "unchanged";
  return discount.gt(0) ? `${discount.toFixed()}% off` : `${discount.abs().toFixed()}% on top`;
}

/** Return the rate of a class as a price states it; null where it states none. */
export function rateOf(document: PriceDocument, name: TokenClass): Money | null {
  return document.tokens?.[name] ?? null;
}

/** Return a line for everything that a price says. */
export function linesOf(document: PriceDocument): Line[] {
  if (document.factor !== undefined) {
    return [{ name: "In all classes", value: sayFactor(document.factor) }];
  }
  const lines: Line[] = TOKEN_CLASSES.flatMap((name) => {
    const rate = document.tokens?.[name];
    return rate === undefined ? [] : [{ name: CLASS_NAMES[name], value: perMillion(rate) }];
  });
  for (const { above, tokens } of document.tiers ?? []) {
    lines.push({ name: `Above ${count(above)} input tokens`, value: sayRates(tokens) });
  }
  for (const window of document.windows ?? []) {
    const name = nameOfWindow(window);
    lines.push({ name, value: sayRates(window.tokens) });
    for (const { above, tokens } of window.tiers ?? []) {
      lines.push({
        name: `${name}, above ${count(above)} input tokens`,
        value: sayRates(tokens),
      });
    }
  }
  for (const [unit, fee] of Object.entries(document.units ?? {})) {
    lines.push({ name: unitName(unit), value: sayFee(fee) });
  }
  return lines;
}

/** Say all of a price in one line: `input $2.50 · output $10.00`. */
export function sayPrice(document: PriceDocument): string {
  return linesOf(document)
    .map(({ name, value }) => `${name.toLowerCase()} ${value.replace(" per 1M", "")}`)
    .join(" · ");
}

/** Say how a price is more than rates by class: `tiers`, `by time of day`. */
export function extrasOf({ tiers, windows, units }: PriceDocument): string[] {
  return [
    ...(tiers !== undefined && tiers.length > 0 ? ["by size"] : []),
    ...(windows !== undefined && windows.length > 0 ? ["by time of day"] : []),
    ...(units !== undefined && Object.keys(units).length > 0 ? ["fees"] : []),
  ];
}

/** Return the name of a context for people. */
export function contextName(context: string): string {
  return context === "" ? "Standard" : capital(context);
}

export const LAYERS: Readonly<Record<string, string>> = {
  catalogue: "List",
  override: "Correction",
  custom: "Yours",
};

export function unitName(unit: string): string {
  return capital(unit.replaceAll("_", " "));
}

function perMillion(rate: Money): string {
  return `${format(rate)} per 1M`;
}

function sayRates(rates: Rates): string {
  return TOKEN_CLASSES.flatMap((name) => {
    const rate = rates[name];
    return rate === undefined ? [] : [`${CLASS_NAMES[name].toLowerCase()} ${format(rate)}`];
  }).join(", ");
}

function sayFee({ usd, per = 1 }: Fee): string {
  return per === 1 ? `${format(usd)} each` : `${format(usd)} per ${count(per)}`;
}

/** By their number; Monday is 1. */
export const DAYS = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function nameOfWindow({ from, until, days }: Window): string {
  const on = days && days.length < 7 ? ` on ${days.map((day) => DAYS[day] ?? "").join(", ")}` : "";
  return `${from}–${until} UTC${on}`;
}
