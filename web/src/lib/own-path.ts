/** Paths to go on to, which come from outside: only ones of this site lead anywhere. */

// Whoever is sent back to one of these would be going in circles.
const DOORS = ["/signin", "/signup", "/join", "/forgot-password", "/reset-password", "/auth/"];

/** Return a path of this site that a text names, or null for anything else. */
export function ownPath(text: unknown, origin: string = location.origin): string | null {
  if (typeof text !== "string" || !text.startsWith("/") || text.length > 4_096) return null;
  let url: URL;
  try {
    // Reads `//elsewhere` and `/\elsewhere` as browsers do.
    url = new URL(text, origin);
  } catch {
    return null;
  }
  if (url.origin !== origin) return null;
  if (DOORS.some((door) => url.pathname.startsWith(door))) return null;
  return url.pathname + url.search + url.hash;
}
