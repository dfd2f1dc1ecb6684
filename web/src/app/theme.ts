import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

// `public/theme.js` reads the same before anything is painted.
const KEY = "llmlab.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

/** Which theme was chosen, and how to choose another. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, chosen), choose];
}

/** Keep following the system's choice while it is the one that holds, and other tabs. */
export function followTheme(): void {
  dark.addEventListener("change", apply);
  addEventListener("storage", ({ key }) => {
    if (key === KEY) apply();
  });
}

function choose(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing: it holds until the page is left.
    document.documentElement.dataset.theme = theme === "system" ? systems() : theme;
    return;
  }
  apply();
}

function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

function apply(): void {
  const theme = chosen();
  document.documentElement.dataset.theme = theme === "system" ? systems() : theme;
  for (const listener of listeners) listener();
}

function systems(): "light" | "dark" {
  return dark.matches ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
