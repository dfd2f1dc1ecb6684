import { LiveBadge } from "./live-badge";
import { Navigation } from "./navigation";
import { UserMenu } from "./user-menu";
import { WorkspaceMenu } from "./workspace-menu";

/** On wide screens: the workspace, the screens, the person. */
export function Sidebar() {
  return (
    <div className="sticky top-0 hidden h-dvh flex-col gap-4 border-r border-line bg-surface p-3 lg:flex">
      <WorkspaceMenu />
      <Navigation />
      <div className="mt-auto grid gap-2">
        <LiveBadge />
        <UserMenu />
      </div>
    </div>
  );
}
