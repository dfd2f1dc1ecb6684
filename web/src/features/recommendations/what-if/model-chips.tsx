import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { ModelSearch } from "./model-search";
import { MOST_TARGETS } from "./question";

interface ModelChipsProps {
  value: readonly string[];
  onChange: (names: readonly string[]) => void;
}

/** The models that are compared, and the way to more of them. */
export function ModelChips({ value, onChange }: ModelChipsProps) {
  const [open, setOpen] = useState(false);
  const toggle = (name: string) => {
    onChange(value.includes(name) ? value.filter((each) => each !== name) : [...value, name]);
  };
  return (
    <div role="group" aria-label="Models" className="flex flex-wrap items-center gap-2">
      {value.map((name) => (
        <span
          key={name}
          className="inline-flex max-w-full items-center rounded-md border border-line bg-surface pl-2 text-xs"
        >
          <bdi className="min-w-0 truncate py-1" title={name}>
            {name}
          </bdi>
          <button
            type="button"
            aria-label={`Remove ${name}`}
            onClick={() => toggle(name)}
            className="grid size-7 shrink-0 place-items-center rounded-r-md text-muted hover:bg-sunken hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </span>
      ))}
      {value.length < MOST_TARGETS ? (
        <Popover
          open={open}
          onOpenChange={setOpen}
          label="Add a model"
          className="w-80"
          trigger={
            <Button size="small">
              <Plus aria-hidden /> Add model
            </Button>
          }
        >
          <ModelSearch chosen={value} onToggle={toggle} />
        </Popover>
      ) : (
        <span className="text-xs text-muted">At most {MOST_TARGETS} at once.</span>
      )}
      {value.length > 1 && (
        <Button size="small" tone="quiet" onClick={() => onChange([])}>
          Clear
        </Button>
      )}
    </div>
  );
}
