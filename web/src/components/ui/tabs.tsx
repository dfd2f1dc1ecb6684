import { Tabs as Base } from "@base-ui/react/tabs";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { Toggle } from "@base-ui/react/toggle";
import type { ReactNode } from "react";

interface TabsProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  label: string;
  tabs: readonly { value: T; name: ReactNode; content: ReactNode }[];
}

/** One of several contents at a time, in the same place. */
export function Tabs<T extends string>({ value, onChange, label, tabs }: TabsProps<T>) {
  return (
    <Base.Root value={value} onValueChange={(next: T) => onChange(next)} className="min-w-0">
      <Base.List
        aria-label={label}
        className="mb-4 flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.value}
            value={tab.value}
            className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium whitespace-nowrap text-muted hover:text-ink data-[active]:border-accent data-[active]:text-ink"
          >
            {tab.name}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value}>
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}

interface SegmentsProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  label: string;
  choices: readonly (readonly [T, ReactNode])[];
}

/** One of a few ways to see the same thing. */
export function Segments<T extends string>({ value, onChange, label, choices }: SegmentsProps<T>) {
  return (
    <ToggleGroup
      aria-label={label}
      // By their places: a choice may be the empty text, which the library takes for none.
      value={[String(choices.findIndex(([each]) => each === value))]}
      onValueChange={([place]) => {
        const [next] = choices[Number(place)] ?? [];
        if (next !== undefined) onChange(next);
      }}
      className="flex max-w-full gap-0.5 overflow-x-auto rounded-md bg-sunken p-0.5"
    >
      {choices.map(([each, shown], place) => (
        <Toggle
          key={each}
          value={String(place)}
          className="rounded px-2 py-1 text-xs font-medium whitespace-nowrap text-muted data-[pressed]:bg-surface data-[pressed]:text-ink data-[pressed]:shadow-sm"
        >
          {shown}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
