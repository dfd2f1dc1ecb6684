import { Check, ChevronsUpDown, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useWorkspace } from "@/api/workspace";
import { Menu, MenuItem, MenuLink, MenuSeparator } from "@/components/ui/menu";
import { Name } from "@/components/name";

// What forms need is no part of what is loaded first.
const NewWorkspaceDialog = lazy(() => import("./new-workspace-dialog"));

/** Which workspace this is, the way to the person's others, and to a new one. */
export function WorkspaceMenu() {
  const { id, name, user } = useWorkspace();
  const [making, setMaking] = useState(false);
  // Whoever owns none may make none: they were invited to somebody else's.
  const mayMake = user.workspaces.some(({ role }) => role === "owner");
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            aria-label={`Workspace ${name}: choose another`}
            className="flex w-full min-w-0 items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-sunken"
          >
            <img src="/icon.svg" alt="" className="size-6 shrink-0" />
            <Name className="flex-1 font-semibold">{name}</Name>
            <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
          </button>
        }
      >
        {user.workspaces.map((each) => (
          <MenuLink key={each.id} to={`/w/${each.id}`}>
            <Name className="max-w-64 flex-1">{each.name}</Name>
            {each.id === id && <Check aria-label="this one" />}
          </MenuLink>
        ))}
        {mayMake && (
          <>
            <MenuSeparator />
            <MenuItem onSelect={() => setMaking(true)}>
              <Plus aria-hidden /> New workspace…
            </MenuItem>
          </>
        )}
      </Menu>
      {making && (
        <Suspense fallback={null}>
          <NewWorkspaceDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </>
  );
}
