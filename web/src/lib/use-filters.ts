import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { readFilters, writeFilters, type Filters } from "./dimensions";

/** The filters of a screen, which live in its URL under the API's own names. */
export function useFilters(): {
  filters: Filters;
  setFilters: (filters: Filters) => void;
  misread: string[];
} {
  const [parameters, setParameters] = useSearchParams();
  const { filters, misread } = useMemo(() => readFilters(parameters), [parameters]);
  const setFilters = useCallback(
    (next: Filters) => {
      setParameters((current) => writeFilters(current, next), { preventScrollReset: true });
    },
    [setParameters],
  );
  return { filters, setFilters, misread };
}
