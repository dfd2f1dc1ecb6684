import { Check, ChevronsUpDown } from "lucide-react";
import { useWorkspace } from "@/api/workspace";
import { Menu, MenuLink } from "@/components/ui/menu";
import { Name } from "@/components/name";

/** Which workspace this is, and the way to the person's others. */
export function WorkspaceMenu() {
  const { id, name, user } = useWorkspace();
  return (
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
          <Name className="flex-1">{each.name}</Name>
          {each.id === id && <Check aria-label="this one" />}
        </MenuLink>
      ))}
    </Menu>
  );
}
