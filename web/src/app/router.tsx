import type { QueryClient } from "@tanstack/react-query";
import { createBrowserRouter, type RouteObject } from "react-router";
import { sessionQuery } from "@/api/session";
import { Crashed, Missing } from "./crashed";
import { Home } from "./home";
import { Shell } from "./shell";

/** Every screen, each in a file of its own that is loaded when it is first wanted. */
const routesOf = (queries: QueryClient): RouteObject[] => [
  {
    errorElement: <Crashed />,
    HydrateFallback: () => null,
    children: [
      { path: "/", element: <Home /> },
      { path: "/signin", lazy: () => import("@/features/auth/sign-in") },
      { path: "/signup", lazy: () => import("@/features/auth/sign-up") },
      { path: "/join", lazy: () => import("@/features/auth/join") },
      { path: "/forgot-password", lazy: () => import("@/features/auth/forgot-password") },
      { path: "/reset-password", lazy: () => import("@/features/auth/reset-password") },
      { path: "/auth/callback", lazy: () => import("@/features/auth/callback") },
      {
        path: "/w/:workspace",
        element: <Shell />,
        // Who is signed in is asked beside the loading of the screen, not after it.
        loader: () => {
          queries.query(sessionQuery).catch(() => undefined);
          return null;
        },
        shouldRevalidate: () => false,
        children: [
          {
            errorElement: <Crashed inside />,
            children: [
              { index: true, lazy: () => import("@/features/overview/screen") },
              { path: "start", lazy: () => import("@/features/onboarding/screen") },
              { path: "explore", lazy: () => import("@/features/explore/screen") },
              { path: "events", lazy: () => import("@/features/events/screen") },
              { path: "budgets/*", lazy: () => import("@/features/budgets/screen") },
              { path: "recommendations", lazy: () => import("@/features/recommendations/screen") },
              { path: "prices/*", lazy: () => import("@/features/prices/screen") },
              { path: "settings/*", lazy: () => import("@/features/settings/screen") },
              { path: "*", element: <Missing inside /> },
            ],
          },
        ],
      },
      { path: "*", element: <Missing /> },
    ],
  },
];

export function makeRouter(queries: QueryClient) {
  return createBrowserRouter(routesOf(queries));
}
