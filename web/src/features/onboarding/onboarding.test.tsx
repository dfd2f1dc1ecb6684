import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { forgetFirstKeys, keepFirstKey } from "@/api/first-keys";
import type { Role } from "@/api/workspace";
import { json, network, problem } from "@/testing/network";
import { InWorkspace, renderAt } from "@/testing/screens";
import { showInWorkspace } from "@/testing/workspace";
import { Component as Guide } from "./screen";

beforeEach(forgetFirstKeys);

function open(answers: Parameters<typeof network>[0] = {}, role: Role = "owner") {
  const asked = network({
    "GET /api/costs": json({ costs: [], next_cursor: null }),
    "GET /api/costs/live": problem(403, "no", "no stream in tests"),
    ...answers,
  });
  renderAt("/w/1/start", {
    "/w/1/start": (
      <InWorkspace role={role}>
        <Guide />
      </InWorkspace>
    ),
  });
  return asked;
}

describe("the guide", () => {
  it("sends a test call with the key that it shows, not with the session", async () => {
    keepFirstKey(1, "llmlab_first");
    const asked = open({ "POST /api/events/track": json({ accepted: 1, rejected: [] }, 202) });
    await screen.findByText("Waiting for your first event…");
    screen.getByText("llmlab_first");
    await userEvent.click(screen.getByRole("button", { name: "Send a test call" }));
    const sent = asked.find(({ path }) => path === "/api/events/track");
    expect(sent?.headers.get("authorization")).toBe("Bearer llmlab_first");
    expect(sent?.headers.get("x-llmlab-web")).toBeNull();
  });

  it("does not take a key that was revoked for the end of the session", async () => {
    keepFirstKey(1, "llmlab_first");
    open({ "POST /api/events/track": problem(401, "bad_api_key", "no such key") });
    await userEvent.click(await screen.findByRole("button", { name: "Send a test call" }));
    expect((await screen.findByRole("alert")).textContent).toMatch(/it was revoked or rotated/);
  });

  it("turns green when a call arrived, though there is no stream", async () => {
    let calls = 0;
    open({
      "GET /api/costs": () => {
        calls += 1;
        const event = {
          id: "0199",
          timestamp: "2026-11-28T10:00:00Z",
          provider: "openai",
          model: "gpt-4o-mini",
          cost: "0.00027",
          price_status: "priced",
        };
        return json({ costs: calls > 1 ? [event] : [], next_cursor: null });
      },
    });
    await screen.findByText("Waiting for your first event…");
    await screen.findByText("Events arrive here", undefined, { timeout: 6_000 });
    screen.getByText("$0.00027");
    expect(screen.getByRole("link", { name: "See it in full" }).getAttribute("href")).toBe(
      "/w/1/events?event=0199",
    );
  }, 10_000);

  it("asks once more when the stream stands, which does not tell what came before it", async () => {
    const event = { id: "0199", timestamp: "2026-11-28T10:00:00Z", provider: "openai" };
    let calls = 0;
    showInWorkspace(<Guide />, {
      server: {
        "GET /api/costs": () => {
          calls += 1;
          const rest = { model: "gpt-4o-mini", cost: "0.00027", price_status: "priced" };
          return { costs: calls > 1 ? [{ ...event, ...rest }] : [], next_cursor: null };
        },
      },
    });
    await screen.findByText("Events arrive here");
  });

  it("says of a cost that is not known why, not that it is nothing", async () => {
    open({
      "GET /api/costs": json({
        costs: [
          {
            id: "0199",
            timestamp: "2026-11-28T10:00:00Z",
            provider: "openai",
            model: "odd",
            cost: null,
            price_status: "unpriced",
          },
        ],
        next_cursor: null,
      }),
    });
    await screen.findByText("No price known");
    expect(screen.queryByText(/\$0/)).toBeNull();
  });

  it("tells who may make no key whom to ask", async () => {
    open({}, "viewer");
    await screen.findByText(/Owners and admins make them/);
    expect(screen.queryByRole("button", { name: "Make an API key" })).toBeNull();
  });
});
