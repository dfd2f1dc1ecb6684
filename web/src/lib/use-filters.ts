import { useCallback, useMemo } from "react";
import { readFilters, writeFilters, type Filters } from "./dimensions";
import { useParameters } from "./use-parameters";

/** The filters of a screen, which live in its URL under the API's own names. */
export function useFilters(): {
  filters: Filters;
  setFilters: (filters: Filters) => void;
  misread: string[];
} {
  const [parameters, change] = useParameters();
  const { filters, misread } = useMemo(() => readFilters(parameters), [parameters]);
  const setFilters = useCallback(
    (next: Filters) => {
      change((current) => writeFilters(current, next));
    },
    [change],
  );
  return { filters, setFilters, misread };
}
