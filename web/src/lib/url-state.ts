/**
 * The state of a screen in its URL, so that it can be reloaded and shared. Each field says how it is read and
 * written; what cannot be read falls back to its default and is named, so that the screen can say so.
 */
import { useCallback, useMemo } from "react";
import { useParameters } from "./use-parameters";

export interface Field<T> {
  /** What holds when the URL says nothing. */
  fallback: T;
  /** Return what the URL's values (at least one) say, or undefined where they are nonsense. */
  read: (values: string[]) => T | undefined;
  /** Return the values for the URL; none where the value is the default. */
  write: (value: T) => string[];
}

// Each field has a type of its own, which only `any` lets a record hold.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Fields = Record<string, Field<any>>;
type Values<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export interface UrlState<F extends Fields> {
  values: Values<F>;
  /** Change some values; `replace` keeps the step out of the history (typing in a field). */
  set: (changes: Partial<Values<F>>, options?: { replace?: boolean }) => void;
  /** The names of parameters that were not understood. */
  misread: string[];
}

/** Read and change the state that `fields` (declared once, outside of components) describe. */
export function useUrlState<F extends Fields>(fields: F): UrlState<F> {
  const [parameters, change] = useParameters();
  const { values, misread } = useMemo(() => readFields(fields, parameters), [fields, parameters]);
  const set = useCallback<UrlState<F>["set"]>(
    (changes, options) => {
      change((current) => writeFields(fields, current, changes), options);
    },
    [fields, change],
  );
  return { values, set, misread };
}

/** Read all fields of a query; `misread` names the ones that hold nonsense. */
export function readFields<F extends Fields>(
  fields: F,
  parameters: URLSearchParams,
): { values: Values<F>; misread: string[] } {
  const misread: string[] = [];
  const entries = Object.entries(fields).map(([name, field]): [string, unknown] => {
    const given = parameters.getAll(name);
    if (given.length === 0) return [name, field.fallback];
    const value: unknown = field.read(given);
    if (value === undefined) {
      misread.push(name);
      return [name, field.fallback];
    }
    return [name, value];
  });
  return { values: Object.fromEntries(entries) as Values<F>, misread };
}

/** Return the query with some fields changed; parameters of others stay. */
export function writeFields<F extends Fields>(
  fields: F,
  current: URLSearchParams,
  changes: Partial<Values<F>>,
): URLSearchParams {
  const next = new URLSearchParams(current);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    const field = fields[name];
    if (field === undefined) throw new Error(`no field ${name}`);
    for (const text of field.write(value)) next.append(name, text);
  }
  return next;
}

/** A field that is one of a few words. */
export function choice<T extends string>(choices: readonly T[], fallback: T): Field<T> {
  return {
    fallback,
    read: ([value]) => choices.find((each) => each === value),
    write: (value) => (value === fallback ? [] : [value]),
  };
}

/** A field that may hold any short text. */
export function text(fallback = "", longest = 256): Field<string> {
  return {
    fallback,
    // No text that is stored holds a NUL, so that the API refuses one.
    read: ([value = ""]) => (value.length <= longest && !value.includes("\0") ? value : undefined),
    write: (value) => (value === fallback ? [] : [value]),
  };
}

/** A switch. */
export function flag(fallback = false): Field<boolean> {
  return {
    fallback,
    read: ([value]) => (value === "1" ? true : value === "0" ? false : undefined),
    write: (value) => (value === fallback ? [] : [value ? "1" : "0"]),
  };
}

/** A field with a reading and a writing of its own. */
export function parsed<T>(
  fallback: T,
  read: (text: string) => T | null,
  write: (value: T) => string,
): Field<T> {
  const usual = write(fallback);
  return {
    fallback,
    read: ([value = ""]) => read(value) ?? undefined,
    write: (value) => (write(value) === usual ? [] : [write(value)]),
  };
}
