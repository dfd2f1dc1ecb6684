/** A network for tests: what the server would answer, by method and path, and what was asked of it. */
import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

type Answer = Response | ((asked: Asked) => Response);

/** Answer `GET /api/…` and the like from a table; whatever is not in it is a 404. Returns what was asked. */
export function network(answers: Record<string, Answer>): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    const text = await request.text();
    const asked: Asked = {
      method: request.method,
      path,
      headers: request.headers,
      body: text === "" ? null : JSON.parse(text),
    };
    all.push(asked);
    const answer =
      answers[`${request.method} ${path}`] ?? problem(404, "not_found", "no such thing");
    return typeof answer === "function" ? answer(asked) : answer.clone();
  });
  return all;
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

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
