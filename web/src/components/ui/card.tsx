import clsx from "clsx";
import { useId, type ReactNode } from "react";

interface CardProps {
  title?: ReactNode;
  /** A line under the title that says what the figures mean. */
  about?: ReactNode;
  /** Controls in the card's upper right. */
  actions?: ReactNode;
  /** No padding around the content: for tables. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A part of a screen, with a name that screen readers can jump to. */
export function Card({ title, about, actions, flush = false, className, children }: CardProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={title === undefined ? undefined : id}
      className={clsx("min-w-0 rounded-lg border border-line bg-surface", className)}
    >
      {(title !== undefined || actions !== undefined) && (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3.5 pb-1">
          <div className="min-w-0">
            {title !== undefined && (
              <h2 id={id} className="text-sm font-semibold">
                {title}
              </h2>
            )}
            {about !== undefined && <p className="mt-0.5 text-xs text-muted">{about}</p>}
          </div>
          {actions !== undefined && (
            <div className="flex flex-wrap items-center gap-2">{actions}</div>
          )}
        </header>
      )}
      <div className={flush ? "pt-1" : "p-4 pt-3"}>{children}</div>
    </section>
  );
}
