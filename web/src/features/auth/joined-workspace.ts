import { siteApi } from "@/api/session";

/**
 * Return the page of the workspace that an invitation led into: a new session speaks for that one. Null where
 * that cannot be told, which is no reason to say that nobody was signed in.
 */
export async function joinedWorkspace(): Promise<string | null> {
  try {
    const { data } = await siteApi.GET("/api/workspace");
    return data === undefined ? null : `/w/${String(data.id)}`;
  } catch {
    return null;
  }
}
