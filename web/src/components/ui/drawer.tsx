import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { backdropLook } from "./dialog";

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  /** Beside the title: ways to the next one, deeds. */
  actions?: ReactNode;
  /** Where the focus goes when it is closed, for one that no button opened. */
  focusAfter?: () => HTMLElement | null;
  children: ReactNode;
}

/** A window at the page's right edge, as high as the page, for one thing of a list in full. */
export function Drawer(props: DrawerProps) {
  const { open, onClose, title, actions, focusAfter, children } = props;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropLook} />
        <Base.Popup
          finalFocus={focusAfter === undefined ? undefined : () => focusAfter() ?? true}
          className="fixed inset-y-0 right-0 z-50 flex w-full max-w-xl flex-col border-l border-line bg-raised shadow-xl transition-transform duration-150 data-[ending-style]:translate-x-full data-[starting-style]:translate-x-full"
        >
          <header className="flex items-center gap-2 border-b border-line px-4 py-3">
            <Base.Title className="min-w-0 flex-1 text-base font-semibold">{title}</Base.Title>
            {actions}
            <Base.Close
              aria-label="Close"
              className="grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </Base.Close>
          </header>
          {/* It can be scrolled by keyboard, whatever it holds. */}
          <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-4 py-4">
            {children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
