import clsx from "clsx";

/**
 * A name that somebody else chose, such as a model's: shown as it is, on one line, cut at its end with the
 * whole in its title, and never mixing its direction of writing into what stands around it. With `whole` it
 * takes as many lines as it needs on narrow screens, where nobody can point at it to see its title.
 */
export function Name({
  children,
  mono = false,
  whole = false,
  className,
}: {
  children: string;
  mono?: boolean;
  whole?: boolean;
  className?: string;
}) {
  return (
    <bdi
      className={clsx(
        "block min-w-0 truncate",
        mono && "font-mono text-[0.92em]",
        whole && "max-sm:wrap-anywhere max-sm:whitespace-normal",
        className,
      )}
      title={children}
    >
      {children}
    </bdi>
  );
}
