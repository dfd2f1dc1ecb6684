import {
  BookOpen,
  ChartNoAxesCombined,
  LayoutDashboard,
  Lightbulb,
  List,
  Settings,
  Wallet,
  type LucideIcon,
} from "lucide-react";
import clsx from "clsx";
import { NavLink } from "react-router";
import { useWorkspace } from "@/api/workspace";

const SCREENS: readonly (readonly [path: string, name: string, icon: LucideIcon])[] = [
  ["", "Overview", LayoutDashboard],
  ["explore", "Explore", ChartNoAxesCombined],
  ["events", "Events", List],
  ["budgets", "Budgets", Wallet],
  ["recommendations", "Recommendations", Lightbulb],
  ["prices", "Prices", BookOpen],
  ["settings", "Settings", Settings],
];

/** The ways to the screens. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { id } = useWorkspace();
  return (
    <nav aria-label="Screens" className="grid gap-0.5">
      {SCREENS.map(([path, name, Icon]) => (
        <NavLink
          key={path}
          to={`/w/${id}/${path}`}
          end={path === ""}
          {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
          className={({ isActive }) =>
            clsx(
              "flex items-center gap-2.5 rounded-md px-2.5 py-1.5 font-medium",
              isActive ? "bg-accent-soft text-accent" : "text-muted hover:bg-sunken hover:text-ink",
            )
          }
        >
          <Icon aria-hidden className="size-4" />
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
