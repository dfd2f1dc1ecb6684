import { Menu as Base } from "@base-ui/react/menu";
import clsx from "clsx";
import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";

export const popupLook =
  "border-line bg-raised animate-fade z-50 max-h-[var(--available-height)] overflow-y-auto rounded-lg border p-1 shadow-lg outline-none";
const itemLook =
  "flex cursor-default items-center gap-2 rounded px-2 py-1.5 text-sm outline-none select-none data-[highlighted]:bg-sunken [&_svg]:size-4 [&_svg]:text-muted";

/**
 * A button that opens a list of deeds or ways. While it is open nothing else can be pressed, as beside a
 * system's own menu: a click elsewhere closes it, and does no more.
 */
export function Menu(props: {
  trigger: ReactElement;
  align?: "start" | "end";
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={props.align ?? "end"} className="z-50">
          <Base.Popup className={clsx(popupLook, "min-w-44")}>{props.children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem(props: {
  onSelect: () => void;
  dangerous?: boolean;
  children: ReactNode;
}) {
  return (
    <Base.Item
      onClick={props.onSelect}
      className={clsx(itemLook, props.dangerous === true && "text-bad [&_svg]:text-bad")}
    >
      {props.children}
    </Base.Item>
  );
}

export function MenuLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Base.Item render={<Link to={to} />} className={itemLook}>
      {children}
    </Base.Item>
  );
}

/** A file to download, from an address of the API's. */
export function MenuDownload({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Base.Item render={<a href={href} download />} className={itemLook}>
      {children}
    </Base.Item>
  );
}

/** A part of a menu in which one of a few things is chosen. */
export function MenuChoice<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly (readonly [T, ReactNode])[];
  onChange: (value: T) => void;
}) {
  return (
    <Base.RadioGroup value={props.value} onValueChange={(value: T) => props.onChange(value)}>
      <Base.Group>
        <Base.GroupLabel className="px-2 py-1 text-xs text-muted">{props.label}</Base.GroupLabel>
        {props.choices.map(([value, shown]) => (
          <Base.RadioItem
            key={value}
            value={value}
            className={clsx(itemLook, "data-[checked]:font-semibold data-[checked]:text-accent")}
          >
            {shown}
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
