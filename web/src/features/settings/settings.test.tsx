import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Role } from "@/api/workspace";
import { json, network, problem } from "@/testing/network";
import { InWorkspace, renderAt } from "@/testing/screens";
import { Component as Settings } from "./screen";

afterEach(() => vi.unstubAllGlobals());

const KEY = {
  id: 3,
  name: "Backend",
  prefix: "llmlab_abcdef",
  scopes: ["ingest"],
  defaults: { feature: "search", tags: { plan: "pro" } },
  created_at: "2026-11-20T10:00:00Z",
  last_used_at: null,
  previous_valid_until: null,
};
const MEMBERS = {
  members: [
    {
      user_id: 7,
      email: "ada@example.com",
      role: "owner",
      joined_at: "2026-11-01T10:00:00Z",
      last_seen_at: null,
      you: true,
    },
    {
      user_id: 8,
      email: "linus@example.com",
      role: "member",
      joined_at: "2026-11-02T10:00:00Z",
      last_seen_at: null,
      you: false,
    },
  ],
};

function open(part: string, answers: Parameters<typeof network>[0], role: Role = "owner") {
  const asked = network({
    "GET /api/costs/live": problem(403, "no", "no stream in tests"),
    ...answers,
  });
  renderAt(`/w/1/settings/${part}`, {
    "/w/1/settings/*": (
      <InWorkspace role={role}>
        <Settings />
      </InWorkspace>
    ),
  });
  return asked;
}

describe("API keys", () => {
  const LIST = { "GET /api/keys": json({ keys: [KEY], next_cursor: null }) };

  it("are made with labels, shown once, and gone with the dialog", async () => {
    const user = userEvent.setup();
    const asked = open("keys", {
      ...LIST,
      "POST /api/keys": json({ ...KEY, api_key: "llmlab_the_secret" }, 201),
    });
    await screen.findByText("Backend");
    await user.click(screen.getByRole("button", { name: "Create key" }));
    const dialog = await screen.findByRole("dialog");
    await user.type(within(dialog).getByLabelText("Name"), "Worker");
    await user.click(within(dialog).getByRole("button", { name: "Add a label" }));
    await user.type(within(dialog).getByLabelText("Value 1"), "chat");
    await user.click(within(dialog).getByRole("button", { name: "Create key" }));
    await within(dialog).findByText("llmlab_the_secret");
    const made = asked.find(({ method, path }) => method === "POST" && path === "/api/keys");
    expect(made?.body).toEqual({
      name: "Worker",
      scopes: ["ingest", "read"],
      defaults: { feature: "chat" },
    });
    expect(made?.headers.get("x-llmlab-workspace")).toBe("1");
    await user.click(within(dialog).getByRole("button", { name: "Done" }));
    await waitFor(() => expect(screen.queryByText("llmlab_the_secret")).toBeNull());
  });

  it("are revoked only after being asked", async () => {
    const user = userEvent.setup();
    const asked = open("keys", {
      ...LIST,
      "DELETE /api/keys/3": new Response(null, { status: 204 }),
    });
    await user.click(await screen.findByRole("button", { name: "Revoke Backend" }));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    const dialog = await screen.findByRole("alertdialog");
    await user.click(within(dialog).getByRole("button", { name: "Revoke key" }));
    await waitFor(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
  });

  it("are rotated in a dialog that stays until the new secret is there", async () => {
    const user = userEvent.setup();
    open("keys", LIST);
    await user.click(await screen.findByRole("button", { name: "Rotate Backend" }));
    const answer = fetch;
    const waiting: ((answer: Response) => void)[] = [];
    vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) =>
      new Request(input, init).url.endsWith("/rotate")
        ? new Promise<Response>((done) => waiting.push(done))
        : answer(input, init),
    );
    const dialog = await screen.findByRole("dialog", { name: "Rotate the key" });
    await user.click(within(dialog).getByRole("button", { name: "Make a new secret" }));
    await waitFor(() => expect(waiting).toHaveLength(1));
    await user.keyboard("{Escape}");
    waiting[0]?.(json({ ...KEY, api_key: "llmlab_the_new_one" }));
    expect(await screen.findByText("llmlab_the_new_one")).toBeDefined();
  });

  it("are for owners and admins, which the others are told", async () => {
    const asked = open("keys", LIST, "viewer");
    await screen.findByText("API keys: for owners and admins");
    expect(asked.some(({ path }) => path === "/api/keys")).toBe(false);
  });
});

describe("members", () => {
  it("are given roles by who may", async () => {
    const user = userEvent.setup();
    const asked = open("members", {
      "GET /api/members": json(MEMBERS),
      "GET /api/invitations": json({ invitations: [], next_cursor: null }),
      "PATCH /api/members/8": json({ ...MEMBERS.members[1], role: "viewer" }),
    });
    await user.selectOptions(await screen.findByLabelText("Role of linus@example.com"), "viewer");
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ role: "viewer" }),
    );
    // The only owner stays what they are.
    expect(screen.queryByLabelText("Role of ada@example.com")).toBeNull();
    expect(screen.queryByRole("button", { name: "Leave this workspace" })).toBeNull();
  });

  it("are only looked at by viewers", async () => {
    open("members", { "GET /api/members": json(MEMBERS) }, "viewer");
    await screen.findByText("linus@example.com");
    expect(screen.queryByRole("combobox")).toBeNull();
    expect(screen.queryByRole("button", { name: "Invite" })).toBeNull();
  });
});

describe("dead letters", () => {
  it("says of a code with several reasons how many letters all of it are, before they are dropped", async () => {
    const user = userEvent.setup();
    const refused = {
      code: "refused",
      first: "2026-11-20T10:00:00Z",
      last: "2026-11-20T10:00:00Z",
    };
    // Of the code alone: also for reasons that are too seldom to be listed.
    const totals: Record<string, number> = { all: 10, refused: 7 };
    open("dead-letters", {
      "GET /api/deadletters": ({ url }) => {
        const total = totals[url.searchParams.get("code") ?? "all"];
        // How many of the other code there are is never told.
        if (total === undefined) return new Response(new ReadableStream());
        return json({
          deadletters: [],
          reasons: [
            { ...refused, reason: "no_cursed", letters: 3 },
            { ...refused, reason: "no_hexed", letters: 2 },
            { ...refused, code: "broken", reason: "no JSON", letters: 3 },
          ],
          total,
          next_cursor: null,
        });
      },
    });
    await user.click(await screen.findByRole("button", { name: "Drop all of refused" }));
    await screen.findByRole("dialog", { name: "Drop 7 letters?" });
    await user.keyboard("{Escape}");
    await user.click(await screen.findByRole("button", { name: "Drop all of broken" }));
    await screen.findByRole("dialog", { name: "Drop 3 letters?" });
  });

  it("does not offer to do with letters of one state what would be done to those of the other", async () => {
    const user = userEvent.setup();
    const reason = {
      code: "refused",
      reason: "no_cursed",
      letters: 3,
      first: "2026-11-20T10:00:00Z",
      last: "2026-11-20T10:00:00Z",
    };
    open("dead-letters", {
      "GET /api/deadletters": json({
        deadletters: [],
        reasons: [reason],
        total: 3,
        next_cursor: null,
      }),
    });
    await screen.findByRole("button", { name: "Drop all of refused" });
    // What was replayed never comes.
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    await user.click(screen.getByRole("button", { name: "Replayed" }));
    await screen.findByText("Loading");
    expect(screen.queryByRole("button", { name: "Drop all of refused" })).toBeNull();
  });
});

describe("the workspace", () => {
  const WORKSPACE = {
    id: 1,
    name: "Acme",
    timezone: "UTC",
    tags: ["plan"],
    budget_alert_threshold: "0.8",
    created_at: "2026-11-01T10:00:00Z",
    rebuilding: null,
  };

  it("asks before the past is counted anew, and sends what changed alone", async () => {
    const user = userEvent.setup();
    const asked = open("workspace", {
      "GET /api/workspace": json(WORKSPACE),
      "PATCH /api/workspace": json({ ...WORKSPACE, tags: [] }),
    });
    await user.click(await screen.findByRole("button", { name: "Remove tag plan" }));
    await user.click(screen.getByRole("button", { name: "Save changes" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(asked.some(({ method }) => method === "PATCH")).toBe(false);
    await user.click(within(dialog).getByRole("button", { name: "Save and count anew" }));
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ tags: [] }),
    );
  });

  it("says how far the counting is", async () => {
    open("workspace", {
      "GET /api/workspace": json({
        ...WORKSPACE,
        rebuilding: { since: "2026-11-28T10:00:00Z", done: 3, total: 30 },
      }),
    });
    await screen.findByText("Past days are being counted anew");
    expect(screen.getByRole("meter").getAttribute("aria-valuenow")).toBe("10");
  });

  it("opens for a part that there is none of, and says so", async () => {
    open("nonsense", { "GET /api/workspace": json(WORKSPACE) });
    await screen.findByDisplayValue("Acme");
    screen.getByText("nonsense");
  });
});
