import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { alert, budget, channel, delivery, reportSettings } from "./example";
import { Component as Budgets } from "./screen";

const BACKTEST = {
  summary: "These thresholds would have fired once in the last 90 days, on 12 November 2026.",
  from: "2026-08-31",
  to: "2026-11-29",
  scope: {},
  fired: 1,
  thresholds: [{ threshold: "0.5", times: 1, first: "2026-11-12" }],
  alerts: [{ day: "2026-11-12", threshold: "0.5", spend: "30.1", period_start: "2026-11-01" }],
  periods: [{ period_start: "2026-11-01", period_end: "2026-12-01", amount: "60", spent: "33.5" }],
};
const SERVER: Server = {
  "GET /api/budgets": () => ({ budgets: [budget()], next_cursor: null }),
  "GET /api/budgets/3": () => budget(),
  "POST /api/budgets/backtest": () => BACKTEST,
  "GET /api/channels": () => ({ channels: [channel()], next_cursor: null }),
  "GET /api/workspace": () => ({ tags: [] }),
};

const at = (path: string, server: Server = SERVER, role: "owner" | "viewer" = "owner") =>
  showInWorkspace(
    <Routes>
      <Route path="/w/:workspace/budgets/*" element={<Budgets />} />
    </Routes>,
    { server, role, at: `/w/1/budgets${path}` },
  );

// Forms and tabs are loaded when they are first wanted, which a busy machine takes its time for.
configure({ asyncUtilTimeout: 5_000 });
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the list of budgets", () => {
  it("says what is spent of what, and how the period will end", async () => {
    const outlook = {
      forecast: { low: "50", likely: "70", high: "90" },
      expected_on: "2026-11-23",
      expected_between: ["2026-11-20", "2026-11-28"],
      method: "",
    };
    at("", { ...SERVER, "GET /api/budgets/3": () => budget({ outlook }) });
    const meter = await screen.findByRole("meter", { name: "Spent of Search" });
    expect(meter.getAttribute("aria-valuetext")).toBe("56 %");
    expect(screen.getByText("$33.50")).toBeTruthy();
    expect(await screen.findByText(/On this course you pass 100 % on 23 Nov/)).toBeTruthy();
  });

  it("shows the worst of a budget for each, and how many have used theirs up", async () => {
    const each = budget({
      each: "user",
      values: [
        { value: "ada", spent: "61" },
        { value: "bob", spent: "1" },
      ],
      values_count: 12,
    });
    at("", { ...SERVER, "GET /api/budgets": () => ({ budgets: [each], next_cursor: null }) });
    expect(await screen.findByText("ada")).toBeTruthy();
    expect(screen.getByText(/12 have spend/)).toBeTruthy();
    expect(screen.getByText(/1 used up/)).toBeTruthy();
  });

  it("leads from nothing to the first budget, but not a viewer", async () => {
    const none: Server = { ...SERVER, "GET /api/budgets": () => ({ budgets: [] }) };
    const { unmount } = at("", none);
    expect(await screen.findByRole("button", { name: "Set a monthly budget" })).toBeTruthy();
    unmount();
    at("", none, "viewer");
    expect(await screen.findByText(/a member makes them/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: /budget/ })).toBeNull();
  });

  it("says that an address leads to no budget, and shows them all", async () => {
    at("/nonsense");
    expect(await screen.findByText(/There is no budget at this address/)).toBeTruthy();
    expect(await screen.findByText("Search")).toBeTruthy();
  });
});

describe("a new budget", () => {
  const open = async (server: Server) => {
    const shown = at("", server);
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "New budget" }));
    return { ...shown, user, dialog: within(await screen.findByRole("dialog")) };
  };

  it("shows what it would have done before it is saved", async () => {
    let sent: unknown = null;
    const { user, dialog } = await open({
      ...SERVER,
      "POST /api/budgets": ({ body }) => {
        sent = body;
        return budget();
      },
    });
    await user.type(dialog.getByLabelText("Amount in USD"), "60");
    expect(await dialog.findByText(BACKTEST.summary)).toBeTruthy();
    expect(dialog.getByText("November 2026")).toBeTruthy();
    await user.click(dialog.getByRole("button", { name: "Remove 50 %" }));
    await user.click(dialog.getByRole("button", { name: "Set budget" }));
    await waitFor(() => expect(sent).not.toBeNull());
    expect(sent).toEqual({
      budget_amount: "60",
      period: "month",
      scope: {},
      thresholds: ["0.8", "1"],
      channels: [],
    });
  });

  it("names what it would have done by what that was asked for, while the next is on its way", async () => {
    let asks = 0;
    const { user, dialog } = await open({
      ...SERVER,
      "POST /api/budgets/backtest": () => {
        asks += 1;
        return asks === 1 ? BACKTEST : problem(500, "internal", "something broke");
      },
    });
    await user.type(dialog.getByLabelText("Amount in USD"), "60");
    const periods = await dialog.findByRole("table", { name: /against the amount/ });
    expect(within(periods).getByText("November 2026")).toBeTruthy();
    await user.selectOptions(dialog.getByLabelText("Every"), "week");
    expect(within(periods).getByText("November 2026")).toBeTruthy();
    expect(await dialog.findByText(/Something broke/)).toBeTruthy();
  });

  it("asks for nothing to be back-tested that is not whole", async () => {
    const { user, dialog, asked } = await open(SERVER);
    await user.type(dialog.getByLabelText("Amount in USD"), "1,000");
    await user.click(dialog.getByRole("button", { name: "Set budget" }));
    expect(await dialog.findByText(/without commas/)).toBeTruthy();
    expect(asked.filter((each) => each.startsWith("POST"))).toEqual([]);
  });

  it("shows what the API says of a field at the field", async () => {
    const { user, dialog } = await open({
      ...SERVER,
      "POST /api/budgets": () =>
        problem(422, "out_of_range", "wrong", [
          { field: "budget_amount", message: "`budget_amount` is too much" },
        ]),
    });
    await user.type(dialog.getByLabelText("Amount in USD"), "60");
    await user.click(dialog.getByRole("button", { name: "Set budget" }));
    expect(await dialog.findByText("`budget_amount` is too much")).toBeTruthy();
    expect(dialog.getByLabelText("Amount in USD").getAttribute("aria-invalid")).toBe("true");
  });

  it("warns where another budget counts the same and would be changed", async () => {
    const plain = budget({ name: "Everything", scope: {} });
    const { dialog } = await open({
      ...SERVER,
      "GET /api/budgets": () => ({ budgets: [plain], next_cursor: null }),
    });
    expect(await dialog.findByText(/counts the same already/)).toBeTruthy();
    expect(dialog.getByRole("button", { name: "Change budget" })).toBeTruthy();
  });
});

describe("the change of a budget", () => {
  it("lets go of a channel that was deleted when another is chosen", async () => {
    let sent: unknown = null;
    const one = budget({ channels: [9] });
    at("/3", {
      ...SERVER,
      "GET /api/budgets/3": () => one,
      "PATCH /api/budgets/3": ({ body }) => {
        sent = body;
        return one;
      },
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(await dialog.findByText(/^None chosen/)).toBeTruthy();
    await user.click(await dialog.findByLabelText("Ops"));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toEqual({ channels: [2] }));
  });
});

describe("alerts", () => {
  const failed = delivery({ status: "failed", last_error: "answered 410 Gone" });

  it("say what became of them, and can be sent again and acknowledged", async () => {
    const { asked } = at("/alerts", {
      ...SERVER,
      "GET /api/alerts": () => ({ alerts: [alert({ deliveries: [failed] })], next_cursor: null }),
      "POST /api/deliveries/31/retry": () => delivery(),
      "POST /api/alerts/12/acknowledge": () => alert(),
    });
    const user = userEvent.setup();
    expect(await screen.findByText("answered 410 Gone")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Send again to Ops" }));
    await user.click(screen.getByRole("button", { name: /^Acknowledge/ }));
    await waitFor(() => expect(asked).toContain("POST /api/alerts/12/acknowledge"));
    expect(asked).toContain("POST /api/deliveries/31/retry");
    expect(asked[0]).toContain("acknowledged=false");
  });

  it("are acknowledged together", async () => {
    const { asked } = at("/alerts", {
      ...SERVER,
      "GET /api/alerts": () => ({ alerts: [alert(), alert({ id: 13 })], next_cursor: null }),
      // Somebody else was first with one of them.
      "POST /api/alerts/acknowledge": () => ({ acknowledged: 1 }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Acknowledge these 2" }));
    expect(await screen.findByText("1 alert acknowledged")).toBeTruthy();
    expect(asked.filter((one) => one.startsWith("POST"))).toEqual(["POST /api/alerts/acknowledge"]);
  });

  it("keep their deeds from a viewer", async () => {
    const server = {
      ...SERVER,
      "GET /api/alerts": () => ({ alerts: [alert({ deliveries: [failed] })], next_cursor: null }),
    };
    at("/alerts", server, "viewer");
    expect(await screen.findByText("answered 410 Gone")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /Acknowledge:|Send again/ })).toBeNull();
  });
});

describe("reports", () => {
  const settings = reportSettings({ report_channels: [2] });
  const REPORTS: Server = {
    ...SERVER,
    "GET /api/notifications/settings": () => settings,
    "GET /api/alerts": () => ({ alerts: [], next_cursor: null }),
  };

  it("say what the API says of the channels of teams", async () => {
    at("/reports", {
      ...REPORTS,
      "GET /api/notifications/settings": () => ({ ...settings, team_channels: { search: [9] } }),
      "PATCH /api/notifications/settings": () =>
        problem(422, "channel_not_found", "wrong", [
          { field: "team_channels", message: "this workspace has no notification channel 9" },
        ]),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Send a team its own" }));
    await user.type(screen.getByDisplayValue(""), "ads");
    const picks = await screen.findByRole("group", { name: "Channels of team ads" });
    await user.click(within(picks).getByLabelText("Ops"));
    await user.click(screen.getByRole("button", { name: "Save settings" }));
    expect(await screen.findByText("This workspace has no notification channel 9")).toBeTruthy();
  });

  it("do not say that there is no channel where the channels cannot be read", async () => {
    at("/reports", {
      ...REPORTS,
      "GET /api/channels": () => problem(500, "internal", "something broke"),
    });
    expect(await screen.findByText("The channels cannot be read at the moment.")).toBeTruthy();
    expect(screen.queryByText("There is no channel yet.")).toBeNull();
  });
});

describe("channels", () => {
  it("tell what came of a test, with the reason", async () => {
    at("/channels", {
      ...SERVER,
      "POST /api/channels/2/test": () => delivery({ kind: "test" }),
      "GET /api/deliveries": () => ({
        deliveries: [delivery({ kind: "test", status: "failed", last_error: "answered 404" })],
        next_cursor: null,
      }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Send test to Ops" }));
    expect(await screen.findByText("The test did not arrive: answered 404.")).toBeTruthy();
  });

  it("wait no longer than a minute for a test of which nothing is heard", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    at("/channels", {
      ...SERVER,
      "POST /api/channels/2/test": () => delivery({ kind: "test" }),
      "GET /api/deliveries": () => problem(500, "internal", "something broke"),
    });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    await user.click(await screen.findByRole("button", { name: "Send test to Ops" }));
    expect(await screen.findByText(/The test is on its way/)).toBeTruthy();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await screen.findByText(/The test has not been sent yet/)).toBeTruthy();
    expect(screen.queryByText(/The test is on its way/)).toBeNull();
  });

  it("say that too many tests were sent", async () => {
    at("/channels", {
      ...SERVER,
      "POST /api/channels/2/test": () => problem(429, "too_many", "five tests a minute at most"),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Send test to Ops" }));
    expect(await screen.findByText("Too many requests. Five tests a minute at most.")).toBeTruthy();
  });

  it("show the secret of a new webhook once", async () => {
    at("/channels", {
      ...SERVER,
      "POST /api/channels": () => ({ ...channel(), secret: "whsec_all-of-it" }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Add channel" }));
    const form = within(await screen.findByRole("dialog"));
    await user.selectOptions(form.getByLabelText("Kind"), "webhook");
    await user.type(form.getByLabelText("URL"), "https://example.com/hook");
    await user.click(form.getByRole("button", { name: "Add channel" }));
    const told = within(await screen.findByRole("dialog", { name: "The webhook's secret" }));
    expect(told.getByText("whsec_all-of-it")).toBeTruthy();
    await user.click(told.getByRole("button", { name: "I have copied it" }));
    await waitFor(() => expect(screen.queryByText("whsec_all-of-it")).toBeNull());
  });
});
