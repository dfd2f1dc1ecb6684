import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { answerAll, json, problem } from "@/testing/network";
import { InWorkspace, renderAt } from "@/testing/screens";
import { showInWorkspace } from "@/testing/workspace";
import { useRead } from "./use-read";

function Zone() {
  const { data, isError } = useRead(["settings"], (api, signal) =>
    api.GET("/api/workspace", { signal }),
  );
  return <p>{isError ? "failed" : (data?.timezone ?? "asked")}</p>;
}

it("reads again what failed, as soon as the stream is live after a break", async () => {
  let up = false;
  let streams = 0;
  answerAll(({ path }) => {
    if (path !== "/api/costs/live") {
      return up ? json({ timezone: "Asia/Tokyo" }) : problem(500, "internal", "it broke");
    }
    streams += 1;
    if (!up) return problem(503, "not_ready", "not ready");
    return new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
  });
  renderAt("/", {
    "/": (
      <InWorkspace>
        <Zone />
      </InWorkspace>
    ),
  });
  expect(await screen.findByText("failed")).toBeTruthy();
  expect(streams).toBeGreaterThan(0);
  up = true;
  expect(await screen.findByText("Asia/Tokyo")).toBeTruthy();
});

function Calls() {
  const { data } = useRead(
    ["calls"],
    (api, signal) => api.GET("/api/costs/summary", { params: { query: {} }, signal }),
    { moving: true },
  );
  return <p>{data === undefined ? "asked" : `${String(data.counts.events)} calls`}</p>;
}

it("reads totals again when the stream begins: a call may have come before it", async () => {
  let events = 4;
  const server = { "GET /api/costs/summary": () => ({ counts: { events } }) };
  const { live, asked } = showInWorkspace(<Calls />, { server });
  expect(await screen.findByText("4 calls")).toBeTruthy();
  events = 5;
  const spend = { month: { counts: { events } }, today: { day: "2026-11-28" }, gap: false };
  live.say("spend", spend);
  expect(await screen.findByText("5 calls", undefined, { timeout: 5_000 })).toBeTruthy();
  // What tells nothing new has nothing read.
  live.say("spend", spend);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(asked).toHaveLength(2);
});
