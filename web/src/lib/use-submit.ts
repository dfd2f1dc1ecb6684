import { Problem } from "@llmlab/client";
import { useEffect, useState, type SubmitEvent } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import { showProblem, type FieldNames } from "./form-problems";

interface Submit {
  onSubmit: (event: SubmitEvent) => void;
  busy: boolean;
  /** What went wrong and belongs to no field. */
  failure: string | null;
  /** Seconds until the API will look at another try; 0 when it would now. */
  wait: number;
}

/** Send a form: what the API says about fields appears at them, the rest is for the form to show. */
export function useSubmit<T extends FieldValues>(
  form: UseFormReturn<T>,
  act: (values: T) => Promise<void>,
  names: FieldNames<T> = {},
): Submit {
  const [failure, setFailure] = useState<string | null>(null);
  const [wait, setWait] = useState(0);
  useEffect(() => {
    if (wait === 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1_000);
    return () => clearTimeout(timer);
  }, [wait]);
  const send = form.handleSubmit(async (values) => {
    setFailure(null);
    try {
      await act(values);
    } catch (error) {
      if (error instanceof Problem && error.status === 429) setWait(error.retryAfter ?? 1);
      setFailure(showProblem(form, error, names));
    }
  });
  return {
    onSubmit: (event) => {
      if (wait > 0) event.preventDefault();
      else void send(event);
    },
    busy: form.formState.isSubmitting,
    failure,
    wait,
  };
}
