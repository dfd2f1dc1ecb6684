import { Plus, X } from "lucide-react";
import { useRef } from "react";
import { useFieldArray, useWatch, type UseFormReturn } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Check } from "@/components/ui/check";
import { Field, Input } from "@/components/ui/field";
import type { PriceForm } from "./price-form";
import { EMPTY, GroupError, RateInputs } from "./rate-inputs";
import { DAYS } from "./rates";
import { ratesFormOf, ratesOf, type RatesForm } from "./rates-form";
import { TierFields } from "./tier-fields";
import { MAX_WINDOWS, NO_WINDOW, WEEK } from "./windows-form";

interface WindowFieldsProps {
  form: UseFormReturn<PriceForm>;
  /** The rates at all other times. */
  otherwise: RatesForm;
}

/** Rates of times of the UTC day, for as many times as there are. */
export function WindowFields({ form, otherwise }: WindowFieldsProps) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: "windows" });
  const all = useRef<HTMLFieldSetElement>(null);
  return (
    <fieldset ref={all} tabIndex={-1} className="grid min-w-0 gap-3">
      <legend className="mb-1.5 text-sm font-medium">By time of day</legend>
      {fields.length > 0 && (
        <p className="text-xs text-muted">
          At these times of the UTC day, which may run over midnight, nothing above holds, sizes
          included. {EMPTY}
        </p>
      )}
      {fields.map(({ id }, place) => (
        <WindowField
          key={id}
          form={form}
          place={place}
          otherwise={otherwise}
          onRemove={() => {
            remove(place);
            // The button that was pressed is gone.
            all.current?.focus();
          }}
        />
      ))}
      <GroupError form={form} at="windows" />
      {fields.length < MAX_WINDOWS && (
        <div>
          <Button size="small" onClick={() => append(NO_WINDOW)}>
            <Plus aria-hidden />
            {fields.length === 0 ? "Other rates at a time of day" : "Another time of day"}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

interface WindowFieldProps extends WindowFieldsProps {
  place: number;
  onRemove: () => void;
}

function WindowField({ form, place, otherwise, onRemove }: WindowFieldProps) {
  const at = `windows.${place}` as const;
  const stated = useWatch({ control: form.control, name: `${at}.tokens` });
  const time = (name: "from" | "until", label: string) => (
    <Field label={label} error={form.getFieldState(`${at}.${name}`).error?.message}>
      <Input {...form.register(`${at}.${name}`)} type="time" className="max-w-40" />
    </Field>
  );
  return (
    <fieldset className="grid min-w-0 gap-3 rounded-lg border border-line p-3">
      <legend className="sr-only">Time {place + 1}</legend>
      <div className="flex items-start gap-3">
        <div className="flex flex-1 flex-wrap gap-3">
          {time("from", "From, UTC")}
          {time("until", "Until, UTC")}
        </div>
        <Button tone="quiet" size="icon" aria-label={`Remove time ${place + 1}`} onClick={onRemove}>
          <X aria-hidden />
        </Button>
      </div>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">If it begins on</legend>
        <div className="flex flex-wrap gap-x-4 text-sm">
          {WEEK.map((day) => (
            <Check
              key={day}
              label={DAYS[Number(day)]}
              {...form.register(`${at}.days`)}
              value={day}
            />
          ))}
        </div>
        <GroupError form={form} at={`${at}.days`} />
      </fieldset>
      <RateInputs form={form} at={`${at}.tokens`} empty={EMPTY} otherwise={otherwise} />
      <TierFields
        form={form}
        at={`${at}.tiers`}
        otherwise={ratesFormOf(ratesOf(stated, ratesOf(otherwise)))}
      />
    </fieldset>
  );
}
