import { Dialog } from "@base-ui/react/dialog";
import { Menu, X } from "lucide-react";
import { useState } from "react";
import { LiveBadge } from "./live-badge";
import { Navigation } from "./navigation";
import { UserMenu } from "./user-menu";
import { WorkspaceMenu } from "./workspace-menu";

/** On narrow screens: a bar with a button that brings what the sidebar has. */
export function TopBar() {
  const [open, setOpen] = useState(false);
  return (
    <div className="sticky top-0 z-30 flex items-center gap-2 border-b border-line bg-surface px-3 py-2 lg:hidden">
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Trigger
          aria-label="Menu"
          className="grid size-9 place-items-center rounded-md text-muted hover:bg-sunken"
        >
          <Menu aria-hidden className="size-5" />
        </Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/45" />
          <Dialog.Popup className="fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col gap-4 border-r border-line bg-surface p-3">
            <div className="flex items-center justify-between">
              <Dialog.Title className="px-2.5 text-sm font-semibold">LLMLab</Dialog.Title>
              <Dialog.Close
                aria-label="Close"
                className="grid size-8 place-items-center rounded-md text-muted hover:bg-sunken"
              >
                <X aria-hidden className="size-4" />
              </Dialog.Close>
            </div>
            <Navigation onNavigate={() => setOpen(false)} />
            <div className="mt-auto">
              <UserMenu />
            </div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <div className="min-w-0 flex-1">
        <WorkspaceMenu />
      </div>
      <LiveBadge />
    </div>
  );
}
