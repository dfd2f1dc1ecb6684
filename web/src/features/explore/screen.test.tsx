import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { Component } from "./screen";

afterEach(() => vi.unstubAllGlobals());

const counts = { events: 9, unpriced: 0, missing: 0, quarantined: 0 };
const group = (keys: Record<string, string>, spend: string) => ({
  keys: { price_status: "priced", ...keys },
  spend,
  events: 3,
  tokens: 1200,
});
const summary = (given: object) => ({
  total_spend: "6",
  by_model: [{ provider: "openai", model: "gpt" }],
  trends: [{ bucket: "2026-11-28", spend: "6", events: 9 }],
  counts,
  source: { kind: "events", events_scanned: 1204 },
  ...given,
});
const models = [group({ model: "gpt" }, "4"), group({ model: "(other)" }, "2")];
const server: Server = {
  "GET /api/workspace": () => ({ tags: [] }),
  "GET /api/costs/summary": ({ url }) =>
    summary({
      groups:
        url.searchParams.get("group_by") === "model,price_status"
          ? models
          : [group({ day: "2026-11-28", model: "gpt" }, "4")],
    }),
};
const show = (query: string, given = server) =>
  showInWorkspace(<Component />, { server: given, at: `/w/1/explore${query}` });
const table = () => screen.findByRole("table", { name: "Spend by model, Last 30 days" });

describe("explore", () => {
  it("shows sums with shares and a total, and leads to calls, prices and narrower questions", async () => {
    show("?feature=search");
    const rows = within(await table());
    const total = (await rows.findByText("Total of 2 lines")).closest("tr");
    expect(total?.textContent).toContain("$6.00");
    expect(rows.getByRole("link", { name: "gpt" }).getAttribute("href")).toBe(
      "/w/1/explore?feature=search&model=gpt&by=customer",
    );
    expect(rows.getByRole("link", { name: "Calls of gpt" }).getAttribute("href")).toBe(
      "/w/1/events?range=30d&feature=search&model=gpt",
    );
    expect(rows.getByRole("link", { name: "Price of gpt" }).getAttribute("href")).toBe(
      "/w/1/prices/model?provider=openai&model=gpt",
    );
    // Of single calls nobody can say that they are among the others.
    expect(rows.queryByRole("link", { name: "Calls of (other)" })).toBeNull();
    expect(screen.getByText(/“\(other\)” adds up/)).toBeDefined();
    expect(screen.getByText(/Counted call by call: 1,204 calls looked at/)).toBeDefined();
  });

  it("keeps the order of the table and the grouping in the URL", async () => {
    const { router } = show("");
    await userEvent.click(within(await table()).getByRole("button", { name: "Calls" }));
    expect(router.state.location.search).toBe("?sort=events.desc");
    await userEvent.selectOptions(screen.getByLabelText("Then by"), "Feature");
    expect(router.state.location.search).toBe("?sort=events.desc&and=feature");
  });

  it("compares with the time before, what is gone among it", async () => {
    show("?compare=1&range=2026-11-10..2026-11-11", {
      ...server,
      "GET /api/costs/summary": ({ url }) => {
        const query = url.searchParams;
        if (query.get("from") === "2026-11-08")
          return summary({ total_spend: "5", groups: [group({ model: "old" }, "5")] });
        return summary({ groups: query.get("group_by") === "model,price_status" ? models : [] });
      },
    });
    const gone = (await screen.findByRole("link", { name: "old" })).closest("tr");
    expect(gone?.textContent).toContain("−$5.00");
    expect(gone?.textContent).toContain("−100%");
    expect(screen.getByText("Before: 8 Nov – 9 Nov")).toBeDefined();
  });

  it("holds what an earlier question found against nothing, and says nothing of the new one by it", async () => {
    const { router, asked } = show("?range=2026-11-10..2026-11-11", {
      ...server,
      "GET /api/costs/summary": ({ url }) => {
        const query = url.searchParams;
        const found = query.get("from") === "2026-11-10";
        return summary({
          groups: found && query.get("group_by") === "model,price_status" ? models : [],
        });
      },
    });
    await screen.findByRole("link", { name: "gpt" });
    const answer = fetch;
    // Nothing comes of the day itself, and what was before it does.
    vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) =>
      new Request(input, init).url.includes("from=2026-11-21")
        ? new Promise(() => undefined)
        : answer(input, init),
    );
    await act(() => router.navigate("/w/1/explore?compare=1&range=2026-11-21..2026-11-21"));
    await waitFor(() => expect(asked.some((each) => each.includes("from=2026-11-20"))).toBe(true));
    await screen.findByText("Before: 20 Nov");
    // Once for the answer, once for what is drawn of it.
    for (let turn = 0; turn < 2; turn += 1) await act(() => new Promise((go) => setTimeout(go, 0)));
    expect(screen.getByRole("link", { name: "gpt" })).toBeDefined();
    expect(screen.queryByRole("columnheader", { name: /Difference/ })).toBeNull();
  });

  it("says of a question that is too much how to ask for less, and asks that", async () => {
    const { router } = show("?by=feature&and=customer&range=90d", {
      ...server,
      "GET /api/costs/summary": () => problem(422, "group_by_not_kept", "no rollup keeps these"),
    });
    expect(await screen.findByText("Too many calls to count one by one")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "One grouping only" }));
    expect(router.state.location.search).toBe("?by=feature&range=90d");
    await userEvent.click(await screen.findByRole("button", { name: "The last 7 days" }));
    expect(router.state.location.search).toBe("?by=feature&range=7d");
  });

  it("opens with the usual where the link is nonsense, and says so", async () => {
    show("?range=x&by=drop+table&unit=week");
    expect(await screen.findByText("range, by, unit")).toBeDefined();
    expect(await table()).toBeDefined();
  });

  it("shows the costliest sessions with their calls", async () => {
    const call = {
      id: "01a",
      timestamp: "2026-11-28T10:00:00Z",
      model: "gpt",
      input_tokens: 10,
      output_tokens: 5,
      cost: null,
      status: "ok",
      price_status: "unpriced",
    };
    const { asked } = show("?tab=sessions&feature=chat", {
      ...server,
      "GET /api/costs/sessions": () => ({
        sessions: [
          {
            id: "<i>chat</i>",
            spend: "0",
            unknown: 1,
            events: 2,
            tokens: 15,
            errors: 1,
            first: "2026-11-28T10:00:00Z",
            last: "2026-11-28T10:01:00Z",
            models: ["gpt"],
            user: null,
            customer: "Acme",
            feature: null,
          },
        ],
        scanned: 10,
        without: 8,
      }),
      "GET /api/costs": () => ({ costs: [call], next_cursor: null }),
    });
    const chat = await screen.findByRole("button", { name: "<i>chat</i>" });
    // One failed at no cost, and nobody knows what the other one did.
    expect(chat.closest("tr")?.textContent).toContain("1 not priced");
    expect(chat.closest("tr")?.textContent).not.toContain("$0");
    await userEvent.click(chat);
    const dialog = await screen.findByRole("dialog", { name: "Calls of a session" });
    expect(await within(dialog).findByText("No price known")).toBeDefined();
    expect(within(dialog).getAllByText("not known").length).toBeGreaterThan(0);
    expect(asked.some((each) => each.includes("session_id=%3Ci%3Echat%3C%2Fi%3E"))).toBe(true);
    // All of them, and no others.
    const events = within(dialog).getByRole("link", { name: "Show them among the events" });
    expect(events.getAttribute("href")).toBe(
      "/w/1/events?range=30d&feature=chat&session_id=%3Ci%3Echat%3C%2Fi%3E",
    );
  });
});
