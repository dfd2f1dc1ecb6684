import { Problem } from "@llmlab/client";
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { capital, sentence } from "./sentences";

/**
 * Put what the API says about fields at the fields themselves. Returns what is left to be said of the whole,
 * or null. `names` gives the form's field for a name of the API's where they differ, or says for each name
 * which field it is, if any.
 */
export function showProblem<T extends FieldValues>(
  form: UseFormReturn<T>,
  error: unknown,
  names: Readonly<Record<string, Path<T>>> | ((field: string) => Path<T> | null) = {},
): string | null {
  if (!(error instanceof Problem)) {
    return error instanceof Error ? sentence(error.message) : "It failed; try again.";
  }
  const nameOf = typeof names === "function" ? names : among(form, names);
  const elsewhere: string[] = [];
  let focused = false;
  for (const { field, message } of error.errors) {
    const name = nameOf(field);
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

function among<T extends FieldValues>(
  form: UseFormReturn<T>,
  names: Readonly<Record<string, Path<T>>>,
): (field: string) => Path<T> | null {
  const known = new Set(Object.keys(form.getValues()));
  return (field) => {
    const first = field.split(".")[0] ?? field;
    return names[field] ?? names[first] ?? (known.has(first) ? (first as Path<T>) : null);
  };
}
