import { useCallback } from "react";
import type { Dimension } from "@/lib/dimensions";
import { valueOf } from "@/lib/dimensions";
import { useRead } from "./use-read";
import { useMay } from "./workspace";

const SELDOM = 5 * 60_000;

/**
 * How values are called: API keys are known by number to whoever may not see the list of them, and by their
 * name to the others. `wanted` says whether keys are among what is shown.
 */
export function useValueNames(wanted: boolean): (dimension: Dimension, value: string) => string {
  const { administer } = useMay();
  const keys = useRead(["keys"], (api, signal) => api.GET("/api/keys", { signal }), {
    enabled: wanted && administer,
    staleMs: SELDOM,
  });
  const known = keys.data?.keys;
  return useCallback(
    (dimension, value) => {
      if (dimension !== "api_key" || value === "") return valueOf(dimension, value);
      return known?.find(({ id }) => String(id) === value)?.name ?? `Key ${value}`;
    },
    [known],
  );
}
