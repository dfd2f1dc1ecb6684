import { Plus, X } from "lucide-react";
import { useFieldArray, type Control, type UseFormReturn } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Choice, Field } from "@/components/ui/field";
import { inWords, nameOf, tagDimension } from "@/lib/dimensions";
import { SCOPE_DIMENSIONS } from "../scope";
import { ValueInput } from "./value-input";
import type { Values } from "./values";

interface ScopeFieldProps {
  form: UseFormReturn<Values>;
  /** The workspace's declared tags. */
  tags: readonly string[];
}

/** Which calls count: a line for each thing that they must be of. */
export function ScopeField({ form, tags }: ScopeFieldProps) {
  const { fields, append, remove, update } = useFieldArray({
    control: form.control as Control<Values>,
    name: "scope",
  });
  const { errors } = form.formState;
  const lines = form.watch("scope");
  const dimensions = [...SCOPE_DIMENSIONS, ...tags.map(tagDimension)];
  const free = dimensions.filter((each) => !lines.some(({ dimension }) => dimension === each));
  const whole = errors.scope?.root?.message ?? errors.scope?.message;
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">Counts</legend>
      {fields.length === 0 && <p className="text-sm text-muted">All spend of the workspace.</p>}
      {fields.map((field, place) => {
        const line = lines[place] ?? field;
        return (
          <div key={field.id} className="flex items-start gap-2">
            <Field
              label={<span className="sr-only">What it must be of</span>}
              className="w-36 shrink-0"
            >
              <Choice
                value={line.dimension}
                onChange={({ target }) => update(place, { dimension: target.value, value: "" })}
              >
                {dimensions
                  .filter((each) => each === line.dimension || free.includes(each))
                  .map((each) => (
                    <option key={each} value={each}>
                      {nameOf(each)}
                    </option>
                  ))}
              </Choice>
            </Field>
            <ValueInput
              key={line.dimension}
              dimension={line.dimension}
              value={line.value}
              error={errors.scope?.[place]?.value?.message}
              onChange={(value) =>
                form.setValue(`scope.${place}.value`, value, {
                  shouldDirty: true,
                  shouldValidate: form.formState.isSubmitted,
                })
              }
            />
            <Button
              tone="quiet"
              size="icon"
              className="mt-1.5"
              aria-label={`Remove ${inWords(line.dimension)}`}
              onClick={() => remove(place)}
            >
              <X aria-hidden />
            </Button>
          </div>
        );
      })}
      {whole !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {whole}
        </p>
      )}
      {free[0] !== undefined && (
        <div>
          <Button size="small" onClick={() => append({ dimension: free[0] ?? "", value: "" })}>
            <Plus aria-hidden /> {fields.length === 0 ? "Only a part of it" : "And also of"}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
