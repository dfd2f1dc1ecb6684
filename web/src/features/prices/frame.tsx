import clsx from "clsx";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Page } from "@/components/page";

interface FrameProps {
  title?: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of the prices, with the ways to the others. */
export function Frame({ title = "Prices", about, actions, children }: FrameProps) {
  const base = usePricesPath();
  const parts = [
    ["", "Price book"],
    ["/own", "Your prices"],
    ["/repricings", "Repricings"],
  ] as const;
  return (
    <Page title={title} about={about} actions={actions}>
      <nav aria-label="Prices" className="-mt-2 flex gap-1 overflow-x-auto border-b border-line">
        {parts.map(([path, name]) => (
          <NavLink
            key={path}
            to={base + path}
            end={path === ""}
            className={({ isActive }) =>
              clsx(
                "-mb-px border-b-2 px-3 py-2 text-sm font-medium whitespace-nowrap focus-visible:-outline-offset-2",
                isActive
                  ? "border-accent text-ink"
                  : "border-transparent text-muted hover:text-ink",
              )
            }
          >
            {name}
          </NavLink>
        ))}
      </nav>
      {children}
    </Page>
  );
}

/** Return where the prices of this workspace are. */
export function usePricesPath(): string {
  const { id } = useWorkspace();
  return `/w/${String(id)}/prices`;
}

/** Return the address of a model's prices. */
export function useModelPath(): (provider: string, model: string) => string {
  const base = usePricesPath();
  return (provider, model) =>
    `${base}/model?${new URLSearchParams({ provider, model }).toString()}`;
}
