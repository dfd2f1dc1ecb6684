/** Shows a part of a screen in a workspace, with a server in the place of the network. */
import type { ReactNode } from "react";
import type { Role } from "@/api/workspace";
import { answerAll } from "./network";
import { InWorkspace, renderPages } from "./screens";

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
  const pages = { "*": <InWorkspace role={role}>{shown}</InWorkspace> };
  return { ...renderPages(at, pages), asked, live };
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
