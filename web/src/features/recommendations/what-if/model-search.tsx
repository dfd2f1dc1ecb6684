import { useEffect, useId, useState } from "react";
import { useRead } from "@/api/use-read";
import { Name } from "@/components/name";
import { inputLook } from "@/components/ui/field";
import { Failure, Skeleton } from "@/components/ui/states";
import { isTarget } from "./question";
import { searchOf } from "./search";

interface ModelSearchProps {
  chosen: readonly string[];
  onToggle: (name: string) => void;
}

const WAIT_MS = 200;
const MOST = 50;

/** Finds models of the price book by how their names begin. */
export function ModelSearch({ chosen, onToggle }: ModelSearchProps) {
  const id = useId();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useRead(
    ["models", asked],
    (api, signal) =>
      api.GET("/api/prices", {
        params: { query: { ...searchOf(asked), context: "standard", limit: MOST } },
        signal,
      }),
    { staleMs: 60_000 },
  );
  // Several layers may have a price of the same model.
  const names = [
    ...new Set((found.data?.prices ?? []).map(({ provider, model }) => `${provider}/${model}`)),
  ].filter(isTarget);
  return (
    <div className="grid gap-2">
      <label htmlFor={id} className="sr-only">
        How the model's name begins
      </label>
      <input
        id={id}
        type="search"
        className={inputLook}
        placeholder="gpt-4o, or anthropic/claude"
        value={text}
        maxLength={256}
        onChange={({ target }) => setText(target.value)}
      />
      {found.isError && found.data === undefined && (
        <Failure error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isLoading && <Skeleton className="h-48" />}
      <ul className="max-h-64 overflow-y-auto" aria-label="Models of the price book">
        {names.map((name) => (
          <li key={name}>
            <label className="flex min-h-7 cursor-pointer items-center gap-2 rounded px-1.5 py-1 text-sm hover:bg-sunken">
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={() => onToggle(name)}
              />
              <Name>{name}</Name>
            </label>
          </li>
        ))}
      </ul>
      <p role="status" className="text-xs text-muted">
        {found.data !== undefined && names.length === 0 && "The price book has no such model."}
        {found.data?.next_cursor != null && "There are more: type how the name begins."}
      </p>
    </div>
  );
}
