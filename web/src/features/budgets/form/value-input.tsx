import { useDeferredValue, useId } from "react";
import { useRead } from "@/api/use-read";
import { useKeyNames } from "@/api/value-names";
import { useWorkspace } from "@/api/workspace";
import { Choice, Field, Input } from "@/components/ui/field";
import { inWords, OTHER, type Dimension } from "@/lib/dimensions";
import { daysOf } from "@/lib/ranges";

interface ValueInputProps {
  dimension: Dimension;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

const MOST = 20;

/** Which value of a dimension: any may be typed, those that were used are suggested. */
export function ValueInput(props: ValueInputProps) {
  return props.dimension === "api_key" ? <KeyInput {...props} /> : <TextInput {...props} />;
}

function TextInput({ dimension, value, onChange, error }: ValueInputProps) {
  const list = useId();
  const { zone } = useWorkspace();
  const asked = useDeferredValue(value.trim());
  const days = daysOf("90d", zone);
  // Suggestions are a help: where they cannot be read the value is typed.
  const found = useRead(["values", dimension, asked, days], (api, signal) =>
    api.GET("/api/costs/values", {
      params: { query: { dimension, q: asked || undefined, ...days, limit: MOST } },
      signal,
    }),
  );
  const values = (found.data?.values ?? []).filter(
    (each) => each.value !== "" && each.value !== OTHER,
  );
  const unused = asked !== "" && found.data?.values.length === 0 && !found.isFetching;
  return (
    <Field
      label={<span className="sr-only">Which {inWords(dimension)}</span>}
      error={error}
      hint={unused ? "Nothing has named it in the last 90 days, which is allowed." : undefined}
      className="min-w-0 flex-1"
    >
      <Input
        list={list}
        value={value}
        maxLength={256}
        autoComplete="off"
        placeholder={`Which ${inWords(dimension)}`}
        onChange={({ target }) => onChange(target.value)}
      />
      <datalist id={list}>
        {values.map((each) => (
          <option key={each.value} value={each.value} />
        ))}
      </datalist>
    </Field>
  );
}

function KeyInput({ value, onChange, error }: ValueInputProps) {
  const known = (useKeyNames(true).data?.names ?? []).filter(({ revoked }) => !revoked);
  if (known.length === 0) {
    return (
      <Field
        label={<span className="sr-only">The number of the API key</span>}
        hint="Its number, as the settings show it."
        error={error}
        className="min-w-0 flex-1"
      >
        <Input
          inputMode="numeric"
          placeholder="Its number"
          value={value}
          maxLength={19}
          onChange={({ target }) => onChange(target.value)}
        />
      </Field>
    );
  }
  return (
    <Field
      label={<span className="sr-only">Which API key</span>}
      error={error}
      className="min-w-0 flex-1"
    >
      <Choice value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">Which API key</option>
        {known.map(({ id, name }) => (
          <option key={id} value={String(id)}>
            {name}
          </option>
        ))}
      </Choice>
    </Field>
  );
}
