import type { Path, UseFormReturn } from "react-hook-form";
import { Field, Input } from "@/components/ui/field";
import { CLASS_NAMES, TOKEN_CLASSES, type TokenClass } from "@/lib/token-classes";
import type { PriceForm } from "./price-form";
import type { RatesForm } from "./rates-form";

const USUAL: readonly TokenClass[] = ["input", "cache_read", "output"];
const RARE = TOKEN_CLASSES.filter((name) => !USUAL.includes(name));

/** Where the form has rates by size: those of the price, and those of a time of day. */
export type TiersAt = "tiers" | `windows.${number}.tiers`;

/** What is charged where rates that take the place of others have none. */
export const EMPTY =
  "A field that is left empty states the rate that it shows; what shows none is charged as the class it is a part of.";

interface RateInputsProps {
  form: UseFormReturn<PriceForm>;
  at: "tokens" | `${TiersAt}.${number}.tokens` | `windows.${number}.tokens`;
  /** What is charged for a class that is left empty, in words and, where other rates hold then, as amounts. */
  empty: string;
  otherwise?: RatesForm;
}

/** A rate for each class of tokens; those that few prices state are folded away until they are stated. */
export function RateInputs({ form, at, empty, otherwise }: RateInputsProps) {
  const fields = (names: readonly TokenClass[]) => (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
      {names.map((name) => (
        <AmountField
          key={name}
          form={form}
          at={`${at}.${name}`}
          label={CLASS_NAMES[name]}
          placeholder={otherwise?.[name]}
        />
      ))}
    </div>
  );
  const stated = RARE.some(
    (name) =>
      form.getValues(`${at}.${name}`) !== "" ||
      (otherwise !== undefined && otherwise[name] !== "") ||
      form.getFieldState(`${at}.${name}`).invalid,
  );
  return (
    <>
      {fields(USUAL)}
      <details open={stated || undefined}>
        <summary className="cursor-pointer py-1 text-sm text-accent">
          Cache writes, audio, images
        </summary>
        <p className="mt-1 mb-3 text-xs text-muted">{empty}</p>
        {fields(RARE)}
      </details>
      <GroupError form={form} at={at} />
    </>
  );
}

interface AmountFieldProps {
  form: UseFormReturn<PriceForm>;
  at: Path<PriceForm>;
  label: string;
  placeholder?: string;
}

/** An amount in USD. */
export function AmountField({ form, at, label, placeholder = "" }: AmountFieldProps) {
  return (
    <Field label={label} error={form.getFieldState(at).error?.message}>
      <Input
        {...form.register(at)}
        inputMode="decimal"
        autoComplete="off"
        maxLength={24}
        placeholder={placeholder === "" ? "–" : placeholder}
        className="figures text-right"
      />
    </Field>
  );
}

/** What is wrong with several fields together. */
export function GroupError({ form, at }: { form: UseFormReturn<PriceForm>; at: Path<PriceForm> }) {
  const { error } = form.getFieldState(at);
  const message = error?.root?.message ?? error?.message;
  if (message === undefined) return null;
  return (
    <p role="alert" className="text-xs text-bad">
      {message}
    </p>
  );
}
