/**
 * The API keys that came with new workspaces. The API tells each once, so the page keeps it until it was shown:
 * in its memory alone, which no reload and no other page can read.
 */
const keys = new Map<number, string>();

export function keepFirstKey(workspace: number, key: string): void {
  keys.set(workspace, key);
}

export function firstKey(workspace: number): string | null {
  return keys.get(workspace) ?? null;
}

export function forgetFirstKeys(): void {
  keys.clear();
}
