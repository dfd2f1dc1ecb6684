import { useWatch, type UseFormReturn } from "react-hook-form";
import { Choice, Field, Input } from "@/components/ui/field";
import { FEES, PROCESSINGS, type PriceForm, type Start } from "./price-form";
import { AmountField, RateInputs } from "./rate-inputs";
import { TierFields } from "./tier-fields";
import { WindowFields } from "./window-fields";
import { contextName } from "./rates";

interface Fields {
  form: UseFormReturn<PriceForm>;
}

/** USD a million tokens by class, and fees beside tokens. */
export function RateFields({ form }: Fields) {
  const { errors } = form.formState;
  const stated = FEES.some(({ unit }) => form.getValues(unit) !== "" || errors[unit] !== undefined);
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1.5 text-sm font-medium">USD per million tokens</legend>
      <RateInputs
        form={form}
        at="tokens"
        empty="What is left empty is charged as the class it is a part of, such as cached input as input."
      />
      <details open={stated || undefined}>
        <summary className="cursor-pointer py-1 text-sm text-accent">Fees beside tokens</summary>
        <div className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-3">
          {FEES.map(({ unit, label }) => (
            <AmountField key={unit} form={form} at={unit} label={label} />
          ))}
        </div>
      </details>
    </fieldset>
  );
}

/** Rates that take the place of the price's own: by size of the input, by time of day. */
export function OtherRateFields({ form }: Fields) {
  const otherwise = useWatch({ control: form.control, name: "tokens" });
  return (
    <>
      <TierFields form={form} at="tiers" otherwise={otherwise} />
      <WindowFields form={form} otherwise={otherwise} />
    </>
  );
}

export function DiscountField({ form }: Fields) {
  return (
    <Field
      label="Discount in per cent"
      error={form.formState.errors.discount?.message}
      hint="Off whatever the list says at the time of each call; off tokens, not off fees. Below zero it is a surcharge."
      className="max-w-sm"
    >
      <Input {...form.register("discount")} inputMode="decimal" autoComplete="off" maxLength={9} />
    </Field>
  );
}

/** For which way of processing, and which region. */
export function ContextFields({ form }: Fields) {
  const { errors } = form.formState;
  return (
    <details
      open={form.getValues("processing") !== "" || form.getValues("region") !== "" || undefined}
    >
      <summary className="cursor-pointer py-1 text-sm text-accent">
        Only for batches, a service tier or a region
      </summary>
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        <Field label="Processed as" error={errors.processing?.message}>
          <Choice {...form.register("processing")}>
            {PROCESSINGS.map((each) => (
              <option key={each} value={each}>
                {contextName(each)}
              </option>
            ))}
          </Choice>
        </Field>
        <Field label="Region" error={errors.region?.message} hint="Empty: any.">
          <Input {...form.register("region")} placeholder="eu-west-1" maxLength={64} />
        </Field>
      </div>
    </details>
  );
}

interface Period extends Fields {
  start: Start;
  zone: string;
}

/** From when and until when it holds. */
export function PeriodFields({ form, start, zone }: Period) {
  const { errors } = form.formState;
  const since = form.watch("since");
  // What the API says of the beginning is said where it was chosen.
  const beginning = errors.since ?? (since === "date" ? undefined : errors.from);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Holds from" error={beginning?.message}>
        <Choice {...form.register("since")}>
          <option value="now">Now on</option>
          {start.kind === "edit" && (
            <option value="same">The same time as before: a correction</option>
          )}
          <option value="all">The first call that ever was</option>
          <option value="date">A time…</option>
        </Choice>
      </Field>
      {since === "date" && (
        <Field label="From" error={errors.from?.message} hint={`In ${zone}.`}>
          <Input {...form.register("from")} type="datetime-local" min="2020-01-01T00:00" />
        </Field>
      )}
      <Field
        label="Until"
        error={errors.until?.message}
        hint={`In ${zone}. Empty: until another one begins.`}
      >
        <Input {...form.register("until")} type="datetime-local" min="2020-01-01T00:00" />
      </Field>
    </div>
  );
}
