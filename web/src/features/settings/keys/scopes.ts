/** What an API key may be for, in words. */
export const SCOPES = {
  ingest: { name: "Report", about: "Send calls: what programs that use LLMs need." },
  read: {
    name: "Read",
    about: "Read spend, budgets and prices: for exports and the command line.",
  },
  admin: {
    name: "Administer",
    about:
      "Everything an admin may: other keys, prices, budgets. Give it to no program that needs less.",
  },
} as const;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];
