import { useCallback } from "react";
import type { Dimension } from "@/lib/dimensions";
import { valueOf } from "@/lib/dimensions";
import { useRead } from "./use-read";

const SELDOM = 5 * 60_000;

/** The workspace's API keys by name, those that were revoked too; read where `wanted`. */
export function useKeyNames(wanted: boolean) {
  return useRead(["key-names"], (api, signal) => api.GET("/api/keys/names", { signal }), {
    enabled: wanted,
    staleMs: SELDOM,
  });
}

/** How values are called: API keys by their names. `wanted` says whether keys are among what is shown. */
export function useValueNames(wanted: boolean): (dimension: Dimension, value: string) => string {
  const known = useKeyNames(wanted).data?.names;
  return useCallback(
    (dimension, value) => {
      if (dimension !== "api_key" || value === "") return valueOf(dimension, value);
      return known?.find(({ id }) => String(id) === value)?.name ?? `Key ${value}`;
    },
    [known],
  );
}
