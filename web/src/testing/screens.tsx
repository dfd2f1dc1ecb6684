/** Screens as they stand in the dashboard: with its router, its queries, and somebody signed in. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createMemoryRouter, Outlet, RouterProvider, type InitialEntry } from "react-router";
import { LiveProvider } from "@/api/live";
import { makeQueryClient } from "@/api/queries";
import type { User } from "@/api/session";
import { WorkspaceProvider, type Role } from "@/api/workspace";
import { ToastProvider } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/tooltip";

/** Render pages by their paths, at one of them; returns the router, which knows where one is. */
export function renderAt(entry: InitialEntry, pages: Record<string, ReactNode>) {
  return renderPages(entry, pages).router;
}

/** As `renderAt`; returns what was rendered as well. */
export function renderPages(entry: InitialEntry, pages: Record<string, ReactNode>) {
  const router = createMemoryRouter(
    Object.entries(pages).map(([path, element]) => ({ path, element })),
    { initialEntries: [entry] },
  );
  const view = render(
    <QueryClientProvider client={makeQueryClient()}>
      <TooltipProvider>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { ...view, router };
}

/** Somebody who has the workspace 1, as the API tells of them. */
export function someone(role: Role = "owner"): User {
  return {
    id: 7,
    email: "ada@example.com",
    created_at: "2026-11-01T10:00:00Z",
    monthly_budget: null,
    budget_alert_threshold: "0.8",
    has_password: true,
    workspaces: [{ id: 1, name: "Acme", role, timezone: "UTC" }],
  };
}

/** What stands around a screen of the workspace 1. */
export function InWorkspace({ role = "owner", children }: { role?: Role; children?: ReactNode }) {
  const user = someone(role);
  const [membership] = user.workspaces;
  if (membership === undefined) throw new Error("someone has a workspace");
  return (
    <WorkspaceProvider user={user} membership={membership}>
      <LiveProvider>{children ?? <Outlet />}</LiveProvider>
    </WorkspaceProvider>
  );
}
