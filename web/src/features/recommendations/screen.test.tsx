import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import type { Recommendation, Report } from "./reads";
import { Component as Recommendations } from "./screen";

const ADVICE: Recommendation = {
  id: "switch_model-1",
  kind: "switch_model",
  title: "Switch from gpt-4 to gpt-4o",
  why: "gpt-4 took most of the spend.",
  saving_month: "18.77",
  saving: { low: "12.44", likely: "18.77", high: "18.78" },
  confidence: 0.54,
  confidence_reason: "it is given 70 % to do the same work",
  effort: "low",
  risk: "Quality not measured.",
  evidence: {
    provider: "openai",
    model: "gpt-4",
    to: "gpt-4o",
    spend: "21.1",
    events: "/api/costs?provider=openai&model=gpt-4&from=2026-11-01&to=2026-12-01",
  },
  sample: { calls: 169, days: 29 },
  overlaps: ["shorten_prompts-2"],
  current: true,
  state: "open",
  until: null,
  note: null,
  decided_at: null,
  verified: null,
};
const report = (...recommendations: Recommendation[]): Report => ({
  recommendations,
  silent: [{ kind: "use_batch", reason: "no feature has 100 calls" }],
  based_on: {
    from: "2026-11-01T00:00:00Z",
    to: "2026-12-01T00:00:00Z",
    calls: 3119,
    spend: "35",
    events_read: 3119,
    unpriced_events: 137,
    sampled: false,
  },
});
const SERVER: Server = {
  "GET /api/recommendations": () => report(ADVICE),
  "GET /api/workspace": () => ({ tags: [] }),
};

// Forms and tabs are loaded when they are first wanted, which a busy machine takes its time for.
configure({ asyncUtilTimeout: 5_000 });
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllGlobals());

describe("recommendations", () => {
  it("say what to do, what it saves, how sure that is, and where the calls are", async () => {
    showInWorkspace(<Recommendations />, { server: SERVER });
    const card = within(await screen.findByRole("article", { name: ADVICE.title }));
    expect(card.getByText("$18.77")).toBeTruthy();
    expect(card.getByText("54%")).toBeTruthy();
    expect(card.getByText("169 calls on 29 days")).toBeTruthy();
    expect(card.getByText(/do not add these up/).textContent).toContain("1 other");
    expect(card.getByRole("link", { name: "See these calls" }).getAttribute("href")).toBe(
      "/w/1/events?provider=openai&model=gpt-4&range=2026-11-01..2026-11-30",
    );
    expect(screen.getByText(/137 calls without a price are in no advice/)).toBeTruthy();
    expect(screen.getByText("No feature has 100 calls.")).toBeTruthy();
  });

  it("say how many calls they know the ways of, where not all were read", async () => {
    const told = report(ADVICE);
    const basis = { ...told.based_on, calls: 1_200_000, events_read: 49_812, sampled: true };
    const server = { ...SERVER, "GET /api/recommendations": () => ({ ...told, based_on: basis }) };
    showInWorkspace(<Recommendations />, { server });
    const said = await screen.findByText(/How calls were made was read from/);
    expect(said.textContent).toContain("from 49,812 calls; the others are taken to be like these.");
  });

  it("are accepted with a note", async () => {
    let sent: unknown = null;
    const server: Server = {
      ...SERVER,
      "POST /api/recommendations/switch_model-1/accept": ({ body }) => {
        sent = body;
        return { ...ADVICE, state: "accepted" };
      },
    };
    showInWorkspace(<Recommendations />, { server });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Accept" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText(/Note/), "Let us try");
    await user.click(dialog.getByRole("button", { name: "Accept" }));
    await waitFor(() => expect(sent).toEqual({ note: "Let us try" }));
    expect(await screen.findByText(/from tomorrow on its saving is measured/)).toBeTruthy();
  });

  it("say in the dialog why they cannot be decided", async () => {
    const server: Server = {
      ...SERVER,
      "POST /api/recommendations/switch_model-1/dismiss": () =>
        problem(409, "full", "too many decisions are kept"),
    };
    showInWorkspace(<Recommendations />, { server });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Dismiss" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Dismiss" }));
    expect((await dialog.findByRole("alert")).textContent).toContain(
      "Too many decisions are kept.",
    );
  });

  it("tell what an accepted one really saved, also when it cost more", async () => {
    const verified = {
      since: "2026-11-20T00:00:00Z",
      calls: 40,
      saving: "-1.25",
      low: "-2",
      high: "0.1",
      baseline_cost_per_call: "0.1",
      cost_per_call: "0.13",
      method: "At constant volume",
      reason: null,
    };
    const accepted = { ...ADVICE, state: "accepted" as const, verified };
    showInWorkspace(<Recommendations />, {
      server: { "GET /api/recommendations": () => report(accepted) },
      at: "/?show=accepted",
    });
    const told = await screen.findByRole("region", { name: "Verified saving" });
    expect(told.textContent).toContain("Costs more: −$1.25");
    expect(told.textContent).toContain("over 40 calls");
  });

  it("let a viewer look, and name what is nonsense in the address", async () => {
    showInWorkspace(<Recommendations />, { server: SERVER, role: "viewer", at: "/?show=x" });
    expect(await screen.findByText("Viewers can look, not decide.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Accept" })).toBeNull();
    expect(screen.getByText(/could not be understood/).textContent).toContain("show");
  });
});

describe("the what-if table", () => {
  const target = {
    provider: "openai",
    model: "gpt-4o",
    price_status: "partly",
    calls: 90,
    cost: "4.5",
    cost_per_call: "0.05",
    spend: "21",
    difference: null,
    difference_percent: null,
    not_priced: [{ reason: "class_without_price", calls: 10, classes: ["input_audio"] }],
    unpriced_calls_cost: "0",
  };
  const answer = {
    from: "2026-11-01",
    to: "2026-12-01",
    tz: "UTC",
    at: "2026-11-28T12:00:00Z",
    processing: null,
    basis: "rollups",
    actual: {
      calls: 100,
      spend: "21",
      fees: null,
      spend_per_call: "0.21",
      tokens: {},
      largest_input_tokens: null,
    },
    targets: [target],
    left_out: [{ reason: "unpriced", calls: 7 }],
  };

  it("says what is not known instead of nothing, and what is left out", async () => {
    const { asked } = showInWorkspace(<Recommendations />, {
      server: { ...SERVER, "GET /api/costs/what-if": () => answer },
      at: "/?show=what-if&on=openai/gpt-4o&model=gpt-4",
    });
    const table = within(
      await screen.findByRole("table", { name: "What these calls would cost on each model" }),
    );
    expect(table.getByText("$4.50")).toBeTruthy();
    expect(table.getAllByText("not known").length).toBeGreaterThan(0);
    expect(table.getByText(/10 calls not priced: no price for/).textContent).toContain(
      "Audio input",
    );
    expect(screen.getByText(/7 calls without a price of their own/)).toBeTruthy();
    expect(screen.getByText(/priced from daily sums/)).toBeTruthy();
    const question = asked.find((each) => each.includes("/what-if"));
    expect(question).toContain("of_model=gpt-4");
    expect(question).toContain("model=openai%2Fgpt-4o");
  });

  it("asks for nothing without a model, and says how to begin", async () => {
    const { asked } = showInWorkspace(<Recommendations />, {
      server: {
        ...SERVER,
        "GET /api/costs/summary": () => ({
          by_model: [{ provider: "openai", model: "gpt-4", spend: "1", events: 1, tokens: 1 }],
        }),
      },
      at: "/?show=what-if",
    });
    expect(await screen.findByRole("button", { name: "Compare the dearest you use" })).toBeTruthy();
    expect(asked.some((each) => each.includes("/what-if"))).toBe(false);
  });
});
