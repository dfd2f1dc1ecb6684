import { queryOptions } from "@tanstack/react-query";

/** Whether the server takes OpenTelemetry's traces: it then has the route, which answers a GET by 405. */
export const tracesQuery = queryOptions({
  queryKey: ["session", "traces"],
  staleTime: Infinity,
  retry: false,
  queryFn: async ({ signal }): Promise<boolean> => {
    const { status } = await fetch("/v1/traces", { signal, credentials: "omit" });
    return status === 405;
  },
});
