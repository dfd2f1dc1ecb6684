import clsx from "clsx";
import { NavLink } from "react-router";

interface TabLinksProps {
  /** What the tabs are parts of, for screen readers. */
  label: string;
  tabs: readonly { to: string; name: string; end?: boolean }[];
}

/** Tabs that are pages of their own, each with its path. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ to, name, end = false }) => (
        <NavLink
          key={to}
          to={to}
          end={end}
          className={({ isActive }) =>
            clsx(
              "-mb-px border-b-2 px-3 py-2 font-medium whitespace-nowrap focus-visible:-outline-offset-2",
              isActive ? "border-accent text-ink" : "border-transparent text-muted hover:text-ink",
            )
          }
        >
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
