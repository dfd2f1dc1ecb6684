import clsx from "clsx";

/**
 * A name that somebody else chose, such as a model's: shown as it is, on one line, cut at its end with the
 * whole in its title, and never mixing its direction of writing into what stands around it.
 */
export function Name({
  children,
  mono = false,
  className,
}: {
  children: string;
  mono?: boolean;
  className?: string;
}) {
  return (
    <bdi
      className={clsx("block min-w-0 truncate", mono && "font-mono text-[0.92em]", className)}
      title={children}
    >
      {children}
    </bdi>
  );
}
