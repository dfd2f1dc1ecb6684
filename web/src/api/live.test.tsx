import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { answerAll, json, problem } from "@/testing/network";
import { InWorkspace, renderAt } from "@/testing/screens";
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
