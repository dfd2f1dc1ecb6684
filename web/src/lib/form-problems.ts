import { Problem } from "@llmlab/client";
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { capital, sentence } from "./sentences";

/**
 * Put what the API says about fields at the fields themselves. Returns what is left to be said of the whole,
 * or null. `names` gives the form's field for a name of the API's where they differ.
 */
export function showProblem<T extends FieldValues>(
  form: UseFormReturn<T>,
  error: unknown,
  names: Readonly<Record<string, Path<T>>> = {},
): string | null {
  if (!(error instanceof Problem)) {
    return error instanceof Error ? sentence(error.message) : "It failed; try again.";
  }
  const known = new Set(Object.keys(form.getValues()));
  const elsewhere: string[] = [];
  let focused = false;
  for (const { field, message } of error.errors) {
    const first = field.split(".")[0] ?? field;
    const name = names[field] ?? names[first] ?? (known.has(first) ? (first as Path<T>) : null);
    if (name === null) {
      elsewhere.push(`${field}: ${message}`);
      continue;
    }
    form.setError(name, { type: "server", message: capital(message) }, { shouldFocus: !focused });
    focused = true;
  }
  if (error.errors.length === 0) return sentence(error.detail);
  return elsewhere.length > 0 ? elsewhere.join("; ") : null;
}
