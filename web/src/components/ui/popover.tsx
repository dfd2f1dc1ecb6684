import { Popover as Base } from "@base-ui/react/popover";
import clsx from "clsx";
import type { ReactElement, ReactNode } from "react";
import { popupLook } from "./menu";

interface PopoverProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  trigger: ReactElement;
  /** What the popup is, for screen readers. */
  label: string;
  className?: string;
  children: ReactNode;
}

/** A small window beside the button that opened it. */
export function Popover({ open, onOpenChange, trigger, label, className, children }: PopoverProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="start" className="z-50">
          <Base.Popup
            aria-label={label}
            className={clsx(popupLook, "max-w-[calc(100vw-2rem)] p-3", className)}
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
