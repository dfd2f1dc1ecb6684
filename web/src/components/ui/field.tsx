import { Field as Base } from "@base-ui/react/field";
import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";

export const inputLook =
  "border-line-strong bg-surface text-ink placeholder:text-muted h-9 w-full min-w-0 rounded-md border px-2.5 text-sm aria-invalid:border-bad disabled:opacity-60";

interface FieldProps {
  label: ReactNode;
  /** What belongs into it, where the label does not say it all. */
  hint?: ReactNode;
  /** What is wrong with it; said aloud when it appears. */
  error?: string | undefined;
  className?: string;
  children: ReactNode;
}

/** A control with its label, hint and error, tied together for screen readers. Its control is an `Input`. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  return (
    <Base.Root
      invalid={error !== undefined}
      className={clsx("grid content-start gap-1.5", className)}
    >
      <Base.Label className="text-sm font-medium">{label}</Base.Label>
      {children}
      {hint !== undefined && (
        <Base.Description className="text-xs text-muted">{hint}</Base.Description>
      )}
      {error !== undefined && (
        <Base.Error match className="text-xs text-bad" role="alert">
          {error}
        </Base.Error>
      )}
    </Base.Root>
  );
}

/** A line of text, inside a `Field`. */
export function Input({ className, ...rest }: ComponentProps<typeof Base.Control>) {
  return <Base.Control {...rest} className={clsx(inputLook, className)} />;
}

/** A choice of few, inside a `Field`: the browser's own control, at home on every device. */
export function Choice({ className, ...rest }: ComponentProps<"select">) {
  return (
    <Base.Control render={<select {...rest} />} className={clsx(inputLook, "pr-7", className)} />
  );
}
