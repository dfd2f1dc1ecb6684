/** What an API key may do, under the API's names. */
export const SCOPES = {
  ingest: { name: "Ingest", about: "Report calls: what programs that use LLMs need." },
  read: {
    name: "Read",
    about: "Read spend, budgets and prices: for exports and the command line.",
  },
  admin: {
    name: "Admin",
    about:
      "Everything an admin may: other keys, prices, budgets. Give it to no program that needs less.",
  },
} as const;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];
