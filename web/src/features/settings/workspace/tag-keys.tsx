import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Name } from "@/components/name";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { MOST_TAGS, tagProblem } from "./changes";

interface TagKeysProps {
  keys: string[];
  onChange: (keys: string[]) => void;
  disabled: boolean;
  error?: string | undefined;
}

/** The tags that totals are kept by. */
export function TagKeys({ keys, onChange, disabled, error }: TagKeysProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const add = () => {
    const key = typed.trim();
    const wrong = tagProblem(key, keys);
    setProblem(wrong);
    if (wrong !== null) return;
    onChange([...keys, key]);
    setTyped("");
  };
  return (
    <div className="grid gap-2">
      <Field
        label="Declared tags"
        hint={`Spend can be grouped and filtered by these at any size. ${String(keys.length)} of ${String(MOST_TAGS)} are declared; other tags stay on their calls.`}
        error={problem ?? error}
      >
        <div className="flex gap-2">
          <Input
            value={typed}
            placeholder="plan"
            maxLength={256}
            disabled={disabled || keys.length >= MOST_TAGS}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setProblem(null);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              // It adds the tag; the form is not what it sends.
              event.preventDefault();
              add();
            }}
          />
          <Button onClick={add} disabled={disabled || keys.length >= MOST_TAGS}>
            <Plus aria-hidden /> Add tag
          </Button>
        </div>
      </Field>
      {keys.length > 0 && (
        <ul aria-label="Declared tags" className="flex min-w-0 flex-wrap gap-1.5">
          {keys.map((key) => (
            <li
              key={key}
              className="flex max-w-full min-w-0 items-center gap-1 rounded bg-sunken py-0.5 pr-0.5 pl-2 text-sm"
            >
              <Name mono>{key}</Name>
              {!disabled && (
                <button
                  type="button"
                  aria-label={`Remove tag ${key}`}
                  onClick={() => onChange(keys.filter((each) => each !== key))}
                  className="grid size-6 shrink-0 place-items-center rounded text-muted hover:text-ink"
                >
                  <X aria-hidden className="size-3.5" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
