import { Plus, X } from "lucide-react";
import { useRef } from "react";
import { useFieldArray, type UseFormReturn } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import type { PriceForm } from "./price-form";
import { EMPTY, GroupError, RateInputs, type TiersAt } from "./rate-inputs";
import { MAX_TIERS, ratesFormOf, type RatesForm } from "./rates-form";

interface TierFieldsProps {
  form: UseFormReturn<PriceForm>;
  at: TiersAt;
  /** The rates up to the smallest size. */
  otherwise: RatesForm;
}

/** Rates of the whole request when its input is larger than a size, for as many sizes as there are. */
export function TierFields({ form, at, otherwise }: TierFieldsProps) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: at });
  const all = useRef<HTMLFieldSetElement>(null);
  return (
    <fieldset ref={all} tabIndex={-1} className="grid min-w-0 gap-3">
      <legend className="mb-1.5 text-sm font-medium">By size of the input</legend>
      {fields.length > 0 && (
        <p className="text-xs text-muted">
          These rates are of the whole request when its input, cache included, is larger. {EMPTY}
        </p>
      )}
      {fields.map(({ id }, place) => (
        <fieldset key={id} className="grid min-w-0 gap-3 rounded-lg border border-line p-3">
          <legend className="sr-only">Size {place + 1}</legend>
          <div className="flex items-start justify-between gap-3">
            <Field
              label="Input tokens above"
              error={form.getFieldState(`${at}.${place}.above`).error?.message}
            >
              <Input
                {...form.register(`${at}.${place}.above`)}
                inputMode="numeric"
                autoComplete="off"
                maxLength={20}
                placeholder="200,000"
                className="figures max-w-40 text-right"
              />
            </Field>
            <Button
              tone="quiet"
              size="icon"
              aria-label={`Remove size ${place + 1}`}
              onClick={() => {
                remove(place);
                // The button that was pressed is gone.
                all.current?.focus();
              }}
            >
              <X aria-hidden />
            </Button>
          </div>
          <RateInputs
            form={form}
            at={`${at}.${place}.tokens`}
            empty={EMPTY}
            otherwise={otherwise}
          />
        </fieldset>
      ))}
      <GroupError form={form} at={at} />
      {fields.length < MAX_TIERS && (
        <div>
          <Button size="small" onClick={() => append({ above: "", tokens: ratesFormOf() })}>
            <Plus aria-hidden /> {fields.length === 0 ? "Other rates above a size" : "Another size"}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
