import type { ComponentProps, ReactNode } from "react";

interface CheckProps extends ComponentProps<"input"> {
  label: ReactNode;
  /** What ticking it does, where the label does not say it all. */
  hint?: ReactNode;
}

/** A box to tick, with its label beside it. */
export function Check({ label, hint, type = "checkbox", ...rest }: CheckProps) {
  return (
    <label className="flex min-h-7 min-w-0 items-start gap-2.5 py-0.5">
      <input {...rest} type={type} className="mt-0.5 size-4 shrink-0 accent-accent" />
      <span className="grid min-w-0">
        <span className="min-w-0">{label}</span>
        {hint !== undefined && <span className="text-xs text-muted">{hint}</span>}
      </span>
    </label>
  );
}
