import { Combobox } from "@base-ui/react/combobox";
import clsx from "clsx";
import { Check, ChevronsUpDown } from "lucide-react";
import { inputLook } from "./ui/field";
import { popupLook } from "./ui/menu";

interface SearchChoiceProps {
  value: string;
  onChange: (value: string) => void;
  choices: readonly string[];
  disabled?: boolean;
  /** Said where nothing matches. */
  none: string;
}

const MOST_SHOWN = 60;

/** A choice of many, found by typing a part of it; inside a `Field`. */
export function SearchChoice({ value, onChange, choices, disabled, none }: SearchChoiceProps) {
  return (
    <Combobox.Root
      items={choices}
      value={value}
      limit={MOST_SHOWN}
      filter={(choice: string, typed) => fold(choice).includes(fold(typed))}
      disabled={disabled}
      onValueChange={(next) => next !== null && onChange(next)}
    >
      <div className="relative">
        <Combobox.Input className={clsx(inputLook, "pr-9")} autoComplete="off" spellCheck={false} />
        <Combobox.Trigger
          aria-label="Show all"
          // The field's label is the name of what one types into, not of this.
          aria-labelledby={undefined}
          className="absolute inset-y-0 right-1 my-auto grid size-7 place-items-center rounded text-muted hover:text-ink"
        >
          <ChevronsUpDown aria-hidden className="size-4" />
        </Combobox.Trigger>
      </div>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={6} className="z-50">
          <Combobox.Popup className={clsx(popupLook, "w-[var(--anchor-width)]")}>
            <Combobox.Empty className="px-2 py-3 text-sm text-muted empty:hidden">
              {none}
            </Combobox.Empty>
            <Combobox.List className="max-h-72 overflow-y-auto">
              {(choice: string) => (
                <Combobox.Item
                  key={choice}
                  value={choice}
                  className="flex items-center gap-2 rounded px-2 py-1.5 text-sm select-none data-[highlighted]:bg-sunken"
                >
                  <span className="flex-1">{choice}</span>
                  <Combobox.ItemIndicator>
                    <Check aria-hidden className="size-4 text-accent" />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

/** Return a text as it is searched: whoever types "new york" means `New_York`. */
function fold(text: string): string {
  return text.trim().toLowerCase().replaceAll("_", " ");
}
