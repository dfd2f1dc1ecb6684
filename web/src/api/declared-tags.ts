import { useRead } from "./use-read";

const SELDOM = 5 * 60_000;
const NONE: readonly string[] = [];

/** The keys of tags that the workspace declared: it can be grouped by these, over any time. */
export function useDeclaredTags(): readonly string[] {
  const workspace = useRead(["settings"], (api, signal) => api.GET("/api/workspace", { signal }), {
    staleMs: SELDOM,
  });
  return workspace.data?.tags ?? NONE;
}
