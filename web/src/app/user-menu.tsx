import { useQueryClient } from "@tanstack/react-query";
import { CircleUser, LogOut, UserCog } from "lucide-react";
import { useNavigate } from "react-router";
import { signOut } from "@/api/session";
import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { Menu, MenuChoice, MenuItem, MenuLink, MenuSeparator } from "@/components/ui/menu";
import { useToast } from "@/components/ui/toast";
import { useTheme } from "./theme";

/** The person: the account, the theme, the way out. */
export function UserMenu() {
  const { id, user } = useWorkspace();
  const [theme, setTheme] = useTheme();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const leave = () => {
    signOut(queries).then(() => navigate("/signin"), toast.failed);
  };
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`${user.email}: account`}
          className="flex w-full min-w-0 items-center gap-2.5 rounded-md px-2.5 py-1.5 text-left text-muted hover:bg-sunken"
        >
          <CircleUser aria-hidden className="size-4 shrink-0" />
          <Name className="flex-1">{user.email}</Name>
        </button>
      }
    >
      <MenuLink to={`/w/${id}/settings/account`}>
        <UserCog aria-hidden /> Account and sessions
      </MenuLink>
      <MenuSeparator />
      <MenuChoice
        label="Theme"
        value={theme}
        onChange={setTheme}
        choices={[
          ["system", "As the system"],
          ["light", "Light"],
          ["dark", "Dark"],
        ]}
      />
      <MenuSeparator />
      <MenuItem onSelect={leave}>
        <LogOut aria-hidden /> Log out
      </MenuItem>
    </Menu>
  );
}
