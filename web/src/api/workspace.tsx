/** The workspace that the URL names, and a client that speaks for it. */
import { createClient, type LLMLabClient, type Schemas } from "@llmlab/client";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Role } from "@/lib/roles";
import type { User } from "./session";

export interface Workspace {
  id: number;
  name: string;
  /** Its days and months begin at midnight there. */
  zone: string;
  role: Role;
  user: User;
  api: LLMLabClient;
}

export type { Role };
export type Membership = Schemas["WorkspaceResponse"];

const Context = createContext<Workspace | null>(null);

export function WorkspaceProvider(props: {
  user: User;
  membership: Membership;
  children: ReactNode;
}) {
  const { user, membership, children } = props;
  const workspace = useMemo<Workspace>(
    () => ({
      id: membership.id,
      name: membership.name,
      zone: membership.timezone,
      role: membership.role,
      user,
      api: createClient({ workspace: membership.id }),
    }),
    [user, membership],
  );
  return <Context value={workspace}>{children}</Context>;
}

/** The workspace on screen. */
export function useWorkspace(): Workspace {
  const workspace = useContext(Context);
  if (workspace === null) throw new Error("useWorkspace outside of a workspace");
  return workspace;
}

/** What the signed-in person may do here; the API is the judge, this hides what it would refuse. */
export function useMay(): { edit: boolean; administer: boolean; own: boolean } {
  const { role } = useWorkspace();
  return {
    edit: role !== "viewer",
    administer: role === "owner" || role === "admin",
    own: role === "owner",
  };
}
