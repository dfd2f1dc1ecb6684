// Of this browser: which workspace a bare address leads to.
const KEY = "llmlab.workspace";

export function lastWorkspace(): number | null {
  try {
    const kept = Number(localStorage.getItem(KEY));
    return Number.isSafeInteger(kept) && kept > 0 ? kept : null;
  } catch {
    return null;
  }
}

export function rememberWorkspace(id: number): void {
  try {
    localStorage.setItem(KEY, String(id));
  } catch {
    // Then a bare address leads to the first of them.
  }
}
