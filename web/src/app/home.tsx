import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { sessionQuery } from "@/api/session";
import { Failure } from "@/components/ui/states";
import { lastWorkspace } from "./last-workspace";

/** The root: leads to the workspace that was looked at last, or to signing in. */
export function Home() {
  const session = useQuery(sessionQuery);
  if (session.isError)
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  if (session.data === undefined) return null;
  if (session.data === null) return <Navigate to="/signin" replace />;
  const { workspaces } = session.data;
  const chosen = workspaces.find(({ id }) => id === lastWorkspace()) ?? workspaces[0];
  if (chosen === undefined) {
    return (
      <Failure
        error={
          new Error(
            "You belong to no workspace any more. Ask somebody who has one for an invitation.",
          )
        }
      />
    );
  }
  return <Navigate to={`/w/${chosen.id}`} replace />;
}
