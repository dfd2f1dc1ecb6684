/** Shows a part of a screen in a workspace, with a server in the place of the network. */
import { render } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { LiveProvider } from "@/api/live";
import { makeQueryClient } from "@/api/queries";
import { WorkspaceProvider, type Role } from "@/api/workspace";
import { ToastProvider } from "@/components/ui/toast";
import { answerAll } from "./network";
import { someone } from "./screens";

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
  answerAll(({ method, url, body }) => {
    if (url.pathname === "/api/costs/live") return live.response();
    asked.push(`${method} ${url.pathname}${url.search}`);
    const handler = server[`${method} ${url.pathname}`];
    if (handler === undefined) return problem(404, "not_found", `no ${url.pathname} in this test`);
    const said = handler({ url, body });
    return said instanceof Response ? said : Response.json(said);
  });
  const user = someone(role);
  const [membership] = user.workspaces;
  if (membership === undefined) throw new Error("someone has a workspace");
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
