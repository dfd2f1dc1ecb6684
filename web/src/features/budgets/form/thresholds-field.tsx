import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { asPercent, MOST_THRESHOLDS, readPercent, withThreshold } from "../thresholds";

interface ThresholdsFieldProps {
  value: readonly string[];
  onChange: (thresholds: string[]) => void;
  error?: string | undefined;
}

/** The parts of the amount that alert: a list, and a line that adds to it. */
export function ThresholdsField({ value, onChange, error }: ThresholdsFieldProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string>();
  const add = () => {
    const read = readPercent(typed);
    if ("problem" in read) {
      setProblem(read.problem);
      return;
    }
    setProblem(undefined);
    setTyped("");
    onChange(withThreshold(value, read.threshold));
  };
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">Tell at</legend>
      <ul className="flex flex-wrap gap-2">
        {value.map((threshold) => (
          <li
            key={threshold}
            className="figures inline-flex items-center rounded-md border border-line bg-surface pl-2.5 text-sm"
          >
            {asPercent(threshold)}
            <button
              type="button"
              aria-label={`Remove ${asPercent(threshold)}`}
              onClick={() => onChange(value.filter((each) => each !== threshold))}
              className="ml-1 grid size-7 place-items-center rounded-r-md text-muted hover:bg-sunken hover:text-ink"
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
      </ul>
      {value.length < MOST_THRESHOLDS && (
        <div className="flex items-start gap-2">
          <Field
            label={<span className="sr-only">Another threshold in percent</span>}
            error={problem ?? error}
            className="w-44"
          >
            <Input
              inputMode="decimal"
              placeholder="90 %"
              maxLength={10}
              value={typed}
              onChange={({ target }) => {
                setTyped(target.value);
                setProblem(undefined);
              }}
              onKeyDown={(event) => {
                // Enter adds the line; it does not send the form.
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
            />
          </Field>
          <Button className="mt-1.5" onClick={add} disabled={typed.trim() === ""}>
            <Plus aria-hidden /> Add
          </Button>
        </div>
      )}
    </fieldset>
  );
}
