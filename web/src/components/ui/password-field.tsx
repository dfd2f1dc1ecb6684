import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps, type ReactNode } from "react";
import { Field, Input } from "./field";

interface PasswordFieldProps extends ComponentProps<typeof Input> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Which of the two it is decides what the browser offers to fill in. */
  autoComplete: "current-password" | "new-password";
}

/** A password, which its owner can look at while typing. */
export function PasswordField({ label, hint, error, ...rest }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field label={label} hint={hint} error={error}>
      <div className="relative">
        <Input
          {...rest}
          type={shown ? "text" : "password"}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          className="pr-10"
        />
        <button
          type="button"
          aria-label={`Show ${label.toLowerCase()}`}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="absolute inset-y-0 right-1 my-auto grid size-7 place-items-center rounded text-muted hover:text-ink"
        >
          <Icon aria-hidden className="size-4" />
        </button>
      </div>
    </Field>
  );
}
