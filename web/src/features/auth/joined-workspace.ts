import { siteApi } from "@/api/session";

/** Return the page of the workspace that an invitation led into: a new session speaks for that one. */
export async function joinedWorkspace(): Promise<string | null> {
  const { data } = await siteApi.GET("/api/workspace");
  return data === undefined ? null : `/w/${String(data.id)}`;
}
