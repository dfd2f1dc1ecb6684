import { useQuery } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { Navigate, Outlet, useLocation, useParams, type Location } from "react-router";
import { LiveProvider } from "@/api/live";
import { sessionQuery } from "@/api/session";
import { WorkspaceProvider } from "@/api/workspace";
import { Failure, Skeleton } from "@/components/ui/states";
import { Missing } from "./crashed";
import { belongsNowhere, NoWorkspace } from "./home";
import { rememberWorkspace } from "./last-workspace";
import { Sidebar } from "./sidebar";
import { TopBar } from "./top-bar";

/** What stands around every screen of a workspace; nobody gets in without being signed in. */
export function Shell() {
  const session = useQuery(sessionQuery);
  const { workspace: named } = useParams();
  const location = useLocation();
  const membership = session.data?.workspaces.find(({ id }) => String(id) === named);
  const id = membership?.id;
  // Before it is painted: whoever sees a workspace and leaves at once comes back to it.
  useLayoutEffect(() => {
    if (id !== undefined) rememberWorkspace(id);
  }, [id]);
  if (belongsNowhere(session.error)) return <NoWorkspace />;
  if (session.isError && session.data === undefined) {
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  }
  if (session.data === undefined) return <Waiting />;
  if (session.data === null) return <ToSignIn from={pathOf(location)} />;
  if (membership === undefined) return <Missing />;
  return (
    <WorkspaceProvider key={membership.id} user={session.data} membership={membership}>
      <LiveProvider>
        <a
          href="#content"
          className="sr-only z-60 rounded bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        >
          Skip to the content
        </a>
        <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
          <Sidebar />
          <div className="flex min-w-0 flex-col">
            <TopBar />
            <Content />
          </div>
        </div>
      </LiveProvider>
    </WorkspaceProvider>
  );
}

function ToSignIn({ from }: { from: string }) {
  // A state of another identity would be another way to go, each time that this is rendered.
  const state = useMemo(() => ({ from }), [from]);
  return <Navigate to="/signin" state={state} replace />;
}

function Content() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const came = useRef(pathname);
  useEffect(() => {
    // Another screen: whoever hears the page is at its beginning, as whoever sees it is.
    if (came.current === pathname) return;
    came.current = pathname;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [pathname]);
  return (
    <main id="content" ref={main} tabIndex={-1} className="min-w-0 flex-1 outline-none">
      <Outlet />
    </main>
  );
}

function Waiting() {
  return (
    <div className="grid gap-4 p-6" aria-busy="true">
      <span role="status" className="sr-only">
        Loading
      </span>
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-40" />
      <Skeleton className="h-64" />
    </div>
  );
}

function pathOf({ pathname, search, hash }: Location): string {
  return pathname + search + hash;
}
