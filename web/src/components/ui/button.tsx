import { cva, type VariantProps } from "class-variance-authority";
import clsx from "clsx";
import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { Link, type LinkProps } from "react-router";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:opacity-55 disabled:pointer-events-none [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        primary: "bg-accent text-accent-ink hover:brightness-95",
        plain: "border border-line bg-surface text-ink hover:bg-sunken",
        quiet: "text-muted hover:bg-sunken hover:text-ink",
        danger: "bg-bad-soft text-bad hover:brightness-95",
      },
      size: {
        medium: "h-9 px-3",
        small: "h-7 px-2 text-xs",
        icon: "size-9",
        "small-icon": "size-7",
      },
    },
    defaultVariants: { tone: "plain", size: "medium" },
  },
);

type Look = VariantProps<typeof look>;

interface ButtonProps extends ComponentProps<"button">, Look {
  /** What it does is under way: it says so and can't be pressed again. */
  busy?: boolean;
}

export function Button({
  tone,
  size,
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={clsx(look({ tone, size }), className)}
    >
      {busy && <LoaderCircle aria-hidden className="animate-spin" />}
      {children}
    </button>
  );
}

/** A link that looks like a button: what it does is going somewhere. */
export function ButtonLink({ tone, size, className, ...rest }: LinkProps & Look) {
  return <Link {...rest} className={clsx(look({ tone, size }), className)} />;
}
