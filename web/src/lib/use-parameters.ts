import { useCallback, useEffect } from "react";
import { useSearchParams } from "react-router";

interface Options {
  /** Keeps the step out of the history. */
  replace?: boolean;
}

type Change = (current: URLSearchParams) => URLSearchParams;

// What was last made of which parameters, until the page shows it.
let made: { of: string; next: URLSearchParams } | null = null;

/**
 * The parameters of the page's URL, and what changes them. The router tells what it shows, which may be behind
 * what was asked for last: a second change would take the first one back, did it not build on that.
 */
export function useParameters(): [URLSearchParams, (change: Change, options?: Options) => void] {
  const [parameters, setParameters] = useSearchParams();
  useEffect(() => {
    made = null;
  }, [parameters]);
  const change = useCallback(
    (make: Change, options: Options = {}) => {
      const of = parameters.toString();
      const next = make(made?.of === of ? made.next : parameters);
      made = { of, next };
      setParameters(next, { replace: options.replace ?? false, preventScrollReset: true });
    },
    [parameters, setParameters],
  );
  return [parameters, change];
}
