/** A server in the place of the network, and what was asked of it. */
import { vi } from "vitest";

export interface Asked {
  method: string;
  url: URL;
  path: string;
  headers: Headers;
  body: unknown;
}

type Answer = Response | ((asked: Asked) => Response);

/** Have every request answered by a function. */
export function answerAll(answer: (asked: Asked) => Response): void {
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    // Without a body there is nothing to wait for: who asks is answered at once.
    const text = request.body === null ? "" : await request.text();
    return answer({
      method: request.method,
      url,
      path: url.pathname,
      headers: request.headers,
      body: text === "" ? null : (JSON.parse(text) as unknown),
    });
  });
}

/** Answer `GET /api/…` and the like from a table; whatever is not in it is a 404. Returns what was asked. */
export function network(answers: Record<string, Answer>): Asked[] {
  const all: Asked[] = [];
  answerAll((asked) => {
    all.push(asked);
    const answer = answers[`${asked.method} ${asked.path}`];
    if (answer === undefined) return problem(404, "not_found", `no ${asked.path} in this test`);
    return typeof answer === "function" ? answer(asked) : answer.clone();
  });
  return all;
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

/** Return an answer other than success, as the API words it. */
export function problem(
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json(
    { type: "about:blank", title: code, status, code, detail },
    { status, headers: { ...headers, "content-type": "application/problem+json" } },
  );
}
