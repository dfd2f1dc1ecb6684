import clsx from "clsx";
import { useEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";

interface TabLinksProps {
  /** What the tabs are parts of, for screen readers. */
  label: string;
  tabs: readonly { to: string; name: string; end?: boolean }[];
}

/** Tabs that are pages of their own, each with its path. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  const { pathname } = useLocation();
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where the tabs are wider than the screen, the one that is shown is among those that are seen.
    const all = row.current;
    const shown = all?.querySelector<HTMLElement>("[aria-current=page]");
    if (all === null || !shown) return;
    const start = shown.offsetLeft - all.offsetLeft;
    const hidden = start < all.scrollLeft;
    const cut = start + shown.offsetWidth > all.scrollLeft + all.clientWidth;
    if (hidden || cut) all.scrollLeft = start - (all.clientWidth - shown.offsetWidth) / 2;
  }, [pathname]);
  return (
    <nav ref={row} aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
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
