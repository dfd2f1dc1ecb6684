import { Problem } from "@llmlab/client";
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { capital, sentence } from "./sentences";

/** The form's fields for the API's names of them where they differ, or what says for each which it is, if any. */
export type FieldNames<T extends FieldValues> =
  Readonly<Record<string, Path<T>>> | ((field: string) => Path<T> | null);

/**
 * Put what the API says about fields at the fields themselves. Returns what is left to be said of the whole,
 * or null.
 */
export function showProblem<T extends FieldValues>(
  form: UseFormReturn<T>,
  error: unknown,
  names: FieldNames<T> = {},
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
