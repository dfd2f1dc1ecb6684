import { Plus, X } from "lucide-react";
import { useFieldArray, useFormContext } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Choice, Field, Input } from "@/components/ui/field";
import type { CreateKey } from "./create-dialog";
import { LABEL_NAMES, LABELS } from "./defaults";

/** What calls with the key are labelled, unless they say it themselves. */
export function DefaultsFields() {
  const { control, register, watch, formState } = useFormContext<CreateKey>();
  const { fields, append, remove } = useFieldArray({ control, name: "defaults" });
  const rows = watch("defaults");
  const errors = formState.errors.defaults;
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 text-sm font-medium">Labels (optional)</legend>
      <p className="text-xs text-muted">
        Calls that come with this key get these, unless they say otherwise: so a program need not be
        changed to be told apart.
      </p>
      {fields.map(({ id }, place) => (
        <div key={id} className="flex min-w-0 items-start gap-2">
          <Field
            label={<span className="sr-only">Label {place + 1}</span>}
            className="w-32 shrink-0"
          >
            <Choice {...register(`defaults.${place}.label`)}>
              {LABEL_NAMES.map((label) => (
                <option key={label} value={label}>
                  {LABELS[label]}
                </option>
              ))}
            </Choice>
          </Field>
          <div className="grid min-w-0 flex-1 gap-2">
            {rows[place]?.label === "tag" && (
              <Field
                label={<span className="sr-only">Tag key {place + 1}</span>}
                error={errors?.[place]?.key?.message}
              >
                <Input placeholder="Key" maxLength={256} {...register(`defaults.${place}.key`)} />
              </Field>
            )}
            <Field
              label={<span className="sr-only">Value {place + 1}</span>}
              error={errors?.[place]?.value?.message}
            >
              <Input placeholder="Value" maxLength={256} {...register(`defaults.${place}.value`)} />
            </Field>
          </div>
          <Button
            size="icon"
            tone="quiet"
            aria-label={`Remove label ${String(place + 1)}`}
            onClick={() => remove(place)}
          >
            <X aria-hidden />
          </Button>
        </div>
      ))}
      <div>
        <Button
          size="small"
          onClick={() =>
            append({
              label: LABEL_NAMES.find((each) => !rows.some(({ label }) => label === each)) ?? "tag",
              key: "",
              value: "",
            })
          }
        >
          <Plus aria-hidden /> Add a label
        </Button>
      </div>
    </fieldset>
  );
}
