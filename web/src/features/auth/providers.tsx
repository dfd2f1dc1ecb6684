import { keepErrand, type Errand } from "./errand";

// As the providers write themselves; others by the name that they are set up under.
const NAMES: Readonly<Record<string, string>> = {
  apple: "Apple",
  azure: "Microsoft",
  bitbucket: "Bitbucket",
  discord: "Discord",
  github: "GitHub",
  gitlab: "GitLab",
  google: "Google",
  keycloak: "Keycloak",
  linkedin_oidc: "LinkedIn",
  slack_oidc: "Slack",
  workos: "WorkOS",
};

/** Ways in by accounts elsewhere; they lead away from this page and come back to `/auth/callback`. */
export function Providers({ names, errand }: { names: readonly string[]; errand: Errand }) {
  if (names.length === 0) return null;
  return (
    <div className="grid gap-2">
      {names.map((name) => (
        <a
          key={name}
          href={`/api/auth/supabase/start?${new URLSearchParams({ provider: name }).toString()}`}
          onClick={() => keepErrand(errand)}
          className="inline-flex h-9 items-center justify-center rounded-md border border-line-strong bg-surface font-medium hover:bg-sunken"
        >
          Continue with {NAMES[name] ?? name}
        </a>
      ))}
      <p className="flex items-center gap-3 text-xs text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
    </div>
  );
}
