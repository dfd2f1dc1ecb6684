import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { Role } from "@/api/workspace";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { Component } from "./screen";

afterEach(() => vi.unstubAllGlobals());

const counts = {
  events: 10,
  priced: 7,
  reported: 0,
  estimated: 0,
  unpriced: 3,
  missing: 0,
  quarantined: 0,
  free: 0,
  errors: 0,
};
const freshness = { as_of: "2026-11-28T10:00:00Z", oldest_unprocessed_seconds: 4, backlog: 2 };
const summary = {
  total_spend: "12.5",
  currency: "USD",
  by_model: [],
  by_provider: [],
  trends: [{ bucket: "2026-11-28", spend: "12.5", events: 10 }],
  groups: [
    { keys: { model: "gpt", price_status: "priced" }, spend: "12.5", events: 7, tokens: 1 },
    { keys: { model: "own<b>", price_status: "unpriced" }, spend: "0", events: 3, tokens: 1 },
  ],
  counts,
  tokens: {
    input: 60,
    cache_read: 20,
    output: 20,
    input_tokens: 80,
    output_tokens: 20,
    reasoning: 5,
  },
  confidence: {
    priced: "12.5",
    reported: "0",
    estimated: "0",
    unpriced: { events: 3, tokens: 900 },
    missing: { events: 0, tokens: 0 },
    quarantined: { events: 0, tokens: 0 },
  },
  freshness,
};
const budget = {
  id: 1,
  name: "All",
  scope: {},
  each: null,
  period: "month",
  in_force: true,
  paused: false,
  budget_amount: "40",
  spent: "30",
  thresholds: ["0.5", "1"],
};
const server: Server = {
  "GET /api/costs/summary": () => summary,
  "GET /api/costs/forecast": () => ({
    forecast: { low: "38", likely: "42", high: "50" },
    method: "by weeks",
  }),
  "GET /api/budgets": () => ({ budgets: [budget], next_cursor: null }),
  "GET /api/workspace": () => ({ tags: ["tier"] }),
};
const told = {
  today: { spend: "1.25", events: 4, counts },
  month: { spend: "31", events: 90, counts },
  as_of: freshness.as_of,
  freshness,
};

/** Show the screen, with what the stream says first. */
function show({ server: given = server, role }: { server?: Server; role?: Role } = {}) {
  const shown = showInWorkspace(<Component />, { server: given, role, at: "/w/1" });
  shown.live.say("spend", told);
  return shown;
}

const tile = (name: string) => screen.findByRole("group", { name });

describe("the overview", () => {
  it("tells today and the month from the stream, and where the month is heading", async () => {
    show();
    expect(await within(await tile("Today")).findByText("$1.25")).toBeDefined();
    expect(within(await tile("This month")).getByText("$31.00")).toBeDefined();
    expect(await within(await tile("Forecast for the month")).findByText("$42.00")).toBeDefined();
    const held = await tile("Budget for the month");
    expect(await within(held).findByText("78%")).toBeDefined();
    expect(within(held).getByText("Likely $2.00 over the budget by the end")).toBeDefined();
  });

  it("names what is in no sum with the way out, and says it is not known, never $0", async () => {
    show();
    const sure = await screen.findByRole("region", { name: "How sure these figures are" });
    expect(within(sure).getByText("3 calls without a known price")).toBeDefined();
    expect(within(sure).getByText(/2 requests of calls wait/)).toBeDefined();
    expect(within(sure).getByRole("link", { name: "Give them a price" })).toBeDefined();
    const models = await screen.findByRole("region", { name: "Models" });
    const own = await within(models).findByRole("link", { name: /own<b>/ });
    expect(own.textContent).toContain("not known");
    expect(own.textContent).toContain("3 calls not priced");
    expect(own.textContent).not.toContain("$0");
    expect(own.getAttribute("href")).toBe("/w/1/explore?range=30d&by=feature&model=own%3Cb%3E");
  });

  it("says of a day of which no cost is known that it is not known, beside how many calls it had", async () => {
    const none = { ...counts, events: 4, priced: 0, unpriced: 4 };
    const { live } = show({
      server: {
        ...server,
        "GET /api/costs/summary": () => ({ ...summary, total_spend: "0", counts: none }),
      },
    });
    live.say("spend", { ...told, today: { spend: "0", events: 4, counts: none } });
    const today = within(await tile("Today"));
    expect(await today.findByText("4 calls, 4 not priced")).toBeDefined();
    expect(today.getByText("not known")).toBeDefined();
    const range = await screen.findByRole("region", { name: "Last 30 days" });
    const spend = within(range).getByText("Spend").closest("div");
    expect(spend?.textContent).toContain("not known");
  });

  it("keeps from a viewer what only admins may do", async () => {
    show({ role: "viewer" });
    await screen.findByText("3 calls without a known price");
    expect(screen.queryByRole("link", { name: "Give them a price" })).toBeNull();
  });

  it("keeps the choice of the chart in the URL, declared tags among them", async () => {
    const { router } = show();
    const stack = await screen.findByLabelText("Stack by");
    await within(stack).findByRole("option", { name: "Tag tier" });
    await userEvent.selectOptions(stack, "Tag tier");
    expect(router.state.location.search).toBe("?stack=tag.tier");
  });

  it("says what failed in each part, and shows the others", async () => {
    show({
      server: { ...server, "GET /api/costs/forecast": () => problem(500, "internal", "it failed") },
    });
    const forecast = await tile("Forecast for the month");
    expect(await within(forecast).findByText(/The server answered 500/)).toBeDefined();
    expect(await within(await tile("Today")).findByText("$1.25")).toBeDefined();
  });

  it("says of calls that broke off without usage that their cost is not known, never nothing", async () => {
    const broken = { ...counts, events: 4, priced: 0, unpriced: 0, missing: 3, free: 1, errors: 1 };
    show({
      server: {
        ...server,
        "GET /api/costs/summary": ({ url }) =>
          url.searchParams.has("status")
            ? { ...summary, total_spend: "0", counts: broken }
            : summary,
      },
    });
    const way = await screen.findByRole("link", { name: /^4 calls failed or broke off/ });
    expect(way.textContent).toContain("3 at a cost that is not known");
    expect(way.closest("div")?.textContent).not.toContain("$0");
  });

  it("holds a time that was just chosen against nothing, and says of no other's calls that they failed", async () => {
    const { router } = show({
      server: {
        ...server,
        "GET /api/costs/summary": ({ url }) =>
          url.searchParams.get("to") === "2026-11-08"
            ? { ...summary, total_spend: "3.25" }
            : summary,
      },
    });
    await screen.findByText(/in the time before/);
    await screen.findByRole("link", { name: /failed or broke off/ });
    const answer = fetch;
    // What was before, and what failed, never comes.
    vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) =>
      /to=2026-11-05|status=/.test(new Request(input, init).url)
        ? new Promise(() => undefined)
        : answer(input, init),
    );
    await act(() => router.navigate("/w/1?range=2026-11-05..2026-11-07"));
    await screen.findAllByText("$3.25");
    expect(screen.queryByText(/in the time before/)).toBeNull();
    expect(screen.queryByRole("link", { name: /failed or broke off/ })).toBeNull();
  });

  it("leads an empty workspace to its first call", async () => {
    const none = { ...summary, total_spend: "0", groups: [], counts: { ...counts, events: 0 } };
    show({ server: { ...server, "GET /api/costs/summary": () => none } });
    const way = await screen.findByRole("link", { name: "Send your first call" });
    expect(way.getAttribute("href")).toBe("/w/1/start");
  });
});
