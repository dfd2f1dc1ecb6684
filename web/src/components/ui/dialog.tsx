import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import clsx from "clsx";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";

export const backdropLook =
  "fixed inset-0 z-40 bg-black/45 transition-opacity data-[ending-style]:opacity-0 data-[starting-style]:opacity-0";
const popupLook =
  "border-line bg-raised fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-xl border p-5 shadow-xl transition-opacity data-[ending-style]:opacity-0 data-[starting-style]:opacity-0";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  wide?: boolean;
  /** It holds what would be lost: a click beside it does not close it. */
  firm?: boolean;
  children: ReactNode;
}

/** A window over the page; Escape and a click beside it close it. */
export function Dialog(props: DialogProps) {
  const { open, onClose, title, about, wide = false, firm = false, children } = props;
  return (
    <Base.Root
      open={open}
      disablePointerDismissal={firm}
      onOpenChange={(next) => !next && onClose()}
    >
      <Base.Portal>
        <Base.Backdrop className={backdropLook} />
        <Base.Popup className={clsx(popupLook, wide ? "max-w-3xl" : "max-w-lg")}>
          <div className="mb-4 flex items-start justify-between gap-4">
            <div>
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {about !== undefined && (
                <Base.Description className="mt-1 text-sm text-muted">{about}</Base.Description>
              )}
            </div>
            <Base.Close
              aria-label="Close"
              className="-mt-1 -mr-1 grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What happens, and what cannot be undone about it. */
  children: ReactNode;
  /** What the button says: the deed itself, never "OK". */
  deed: string;
  dangerous?: boolean;
  busy?: boolean;
  onConfirm: () => void;
}

/** Asks before something that cannot simply be undone. */
export function Confirm(props: ConfirmProps) {
  const {
    open,
    onClose,
    title,
    children,
    deed,
    dangerous = false,
    busy = false,
    onConfirm,
  } = props;
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={backdropLook} />
        <AlertDialog.Popup className={clsx(popupLook, "max-w-md")}>
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="mt-2 text-sm text-muted">
            {children}
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close render={<Button />}>Cancel</AlertDialog.Close>
            <Button tone={dangerous ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
              {deed}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
