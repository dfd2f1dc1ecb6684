import { Name } from "@/components/name";
import { nameOf, type Dimension } from "@/lib/dimensions";
import { everyOne, type Each, type Scope } from "./scope";

export type NameValue = (dimension: Dimension, value: string) => string;

interface ScopeWordsProps {
  scope: Scope;
  each: Each | null;
  /** How values are called: see `useValueNames`. */
  nameValue: NameValue;
}

/** What a budget counts, as a line of words. */
export function ScopeWords({ scope, each, nameValue }: ScopeWordsProps) {
  const parts = Object.entries(scope);
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
      {parts.length === 0 && <span>All spend</span>}
      {parts.map(([dimension, value]) => (
        <span key={dimension} className="inline-flex max-w-full min-w-0 items-center gap-1">
          <span>{nameOf(dimension)}</span>
          <Name className="max-w-56 font-medium text-ink">{nameValue(dimension, value)}</Name>
        </span>
      ))}
      {each !== null && <span>for {everyOne(each)}</span>}
    </span>
  );
}
