import type { Schemas } from "@llmlab/client";
import { queryOptions } from "@tanstack/react-query";
import { siteApi } from "./session";

export type Methods = Schemas["MethodsResponse"];

/** What this installation offers to whoever wants to come in. */
export const methodsQuery = queryOptions({
  queryKey: ["session", "methods"],
  staleTime: 30_000,
  queryFn: async ({ signal }): Promise<Methods> => {
    const { data } = await siteApi.GET("/api/auth/methods", { signal });
    if (data === undefined) throw new Error("an answer without content");
    return data;
  },
});
