/** Shows a part of a screen in a workspace, with a server in the place of the network. */
import { render } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { vi } from "vitest";
import { LiveProvider } from "@/api/live";
import { makeQueryClient } from "@/api/queries";
import { WorkspaceProvider, type Role } from "@/api/workspace";
import { ToastProvider } from "@/components/ui/toast";

interface Asked {
  url: URL;
  body: unknown;
}

/** Answers by method and path, such as `GET /api/costs`: a body, or a whole response. */
export type Server = Record<string, (asked: Asked) => unknown>;

/** Return an answer other than success, as the API words it. */
export function problem(status: number, code: string, detail: string, errors: object[] = []) {
  return new Response(JSON.stringify({ code, detail, status, errors }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

/** Show something at a path of workspace 1. Returns what was asked, in order, and the live stream. */
export function showInWorkspace(
  shown: ReactNode,
  { server, role = "owner", at = "/" }: { server: Server; role?: Role; at?: string },
) {
  const asked: string[] = [];
  const live = makeStream();
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (url.pathname === "/api/costs/live") return live.response();
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    const handler = server[`${request.method} ${url.pathname}`];
    if (handler === undefined) return problem(404, "not_found", `no ${url.pathname} in this test`);
    const text = await request.text();
    const said = handler({ url, body: text === "" ? null : (JSON.parse(text) as unknown) });
    return said instanceof Response ? said : Response.json(said);
  };
  const Native = Request;
  // The page's addresses are relative, and the runtime's requests know no page.
  class PageRequest extends Native {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      const rest = { ...init };
      delete rest.signal;
      super(input instanceof Native ? input : new URL(String(input), location.href), rest);
    }
  }
  vi.stubGlobal("Request", PageRequest);
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) =>
    answer(new PageRequest(input, init)),
  );
  const membership = { id: 1, name: "Acme", timezone: "UTC", role };
  const user = {
    id: 1,
    email: "ada@example.com",
    created_at: "2026-01-01T00:00:00Z",
    has_password: true,
    monthly_budget: null,
    budget_alert_threshold: "0.8",
    workspaces: [membership],
  };
  const router = createMemoryRouter([{ path: "*", element: shown }], { initialEntries: [at] });
  const view = render(
    <QueryClientProvider client={makeQueryClient()}>
      <ToastProvider>
        <WorkspaceProvider user={user} membership={membership}>
          <LiveProvider>
            <RouterProvider router={router} />
          </LiveProvider>
        </WorkspaceProvider>
      </ToastProvider>
    </QueryClientProvider>,
  );
  return { ...view, asked, live, router };
}

/** A live stream that a test speaks on. */
function makeStream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let frames = 0;
  const encoder = new TextEncoder();
  return {
    response: () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (opened) => {
            controller = opened;
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      ),
    say: (event: "event" | "spend", data: object) => {
      frames += 1;
      const frame = `id: ${String(frames)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      controller?.enqueue(encoder.encode(frame));
    },
  };
}
