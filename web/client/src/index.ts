/** The typed client of LLMLab's HTTP API. */
import createFetchClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";
import { Unreachable, readProblem } from "./problem.js";

export { Problem, Unreachable, readProblem, type FieldError } from "./problem.js";
export { createTracker, type Tracked, type Tracker, type TrackerOptions } from "./track.js";
export type { components, paths } from "./schema.js";

/** A named schema of the API: `Schemas["Summary"]`. */
export type Schemas = components["schemas"];

export interface ClientOptions {
  /** Where the API is; absent, the page's own origin. */
  url?: string;
  /** An API key or a token. Absent, the browser's cookie signs in. */
  token?: string;
  /** The workspace that requests are about, where it is not the credentials' own. */
  workspace?: number;
  /** Instead of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

export type LLMLabClient = Client<paths>;

/**
 * Make a client. Its calls answer `{data}`; every other answer than success is thrown as a `Problem`, and
 * no answer at all as `Unreachable`.
 */
export function createClient(options: ClientOptions = {}): LLMLabClient {
  const headers: Record<string, string> = {};
  if (options.token !== undefined) headers.Authorization = `Bearer ${options.token}`;
  else headers["X-LLMLab-Web"] = "1";
  if (options.workspace !== undefined) headers["X-LLMLab-Workspace"] = String(options.workspace);
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const client = createFetchClient<paths>({
    baseUrl: options.url ?? "",
    headers,
    credentials: options.token === undefined ? "same-origin" : "omit",
    querySerializer: { array: { style: "form", explode: true } },
    fetch: async (request) => {
      try {
        return await send(request);
      } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw new Unreachable(error);
      }
    },
  });
  client.use(problemsThrown);
  return client;
}

const problemsThrown: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await readProblem(response);
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/html")) throw await readProblem(response);
    return undefined;
  },
};
