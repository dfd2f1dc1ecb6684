import { Problem } from "@llmlab/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import { Navigate } from "react-router";
import { sessionQuery, signOut } from "@/api/session";
import { Button } from "@/components/ui/button";
import { Empty, Failure } from "@/components/ui/states";
import { useToast } from "@/components/ui/toast";
import { lastWorkspace } from "./last-workspace";

/** The root: leads to the workspace that was looked at last, or to signing in. */
export function Home() {
  const session = useQuery(sessionQuery);
  if (belongsNowhere(session.error)) return <NoWorkspace />;
  if (session.isError)
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  if (session.data === undefined) return null;
  if (session.data === null) return <Navigate to="/signin" replace />;
  const { workspaces } = session.data;
  const chosen = workspaces.find(({ id }) => id === lastWorkspace()) ?? workspaces[0];
  if (chosen === undefined) return <NoWorkspace />;
  return <Navigate to={`/w/${chosen.id}`} replace />;
}

/** Say whether the API refuses somebody because they belong to no workspace any more. */
export function belongsNowhere(error: unknown): boolean {
  return error instanceof Problem && error.code === "no_workspace";
}

/** For somebody who was taken out of the last workspace that they belonged to. */
export function NoWorkspace() {
  const queries = useQueryClient();
  const { failed } = useToast();
  return (
    <main id="content" className="grid min-h-dvh place-content-center">
      <h1 className="sr-only">LLMLab</h1>
      <Empty
        icon={UserX}
        title="You belong to no workspace any more"
        action={<Button onClick={() => void signOut(queries).catch(failed)}>Log out</Button>}
      >
        Ask somebody who has one for an invitation link, and open it here: your account is kept.
      </Empty>
    </main>
  );
}
