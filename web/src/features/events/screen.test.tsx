import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { count } from "@/lib/numbers";
import { MOST_ARRIVALS } from "./arrivals";
import { eventInFull, liveEvent, uuid } from "./example";
import { Component as Events } from "./screen";

const NOW = Date.now();
const call = (ago: number, over = {}) =>
  eventInFull({ id: uuid(NOW - ago), timestamp: new Date(NOW - ago).toISOString(), ...over });
const SERVER: Server = {
  "GET /api/costs": () => ({ costs: [call(1000), call(2000)], next_cursor: null }),
  "GET /api/costs/summary": () => ({
    total_spend: "0.026",
    counts: { events: 3, unpriced: 1, missing: 0, quarantined: 0 },
  }),
  "GET /api/workspace": () => ({ tags: [] }),
};

describe("the list of calls", () => {
  beforeEach(() => {
    // The list's height decides which rows are there, and the test's page has no layout.
    vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
    vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(900);
    Element.prototype.scrollTo = () => undefined;
  });
  afterEach(() => vi.unstubAllGlobals());

  const rows = () => within(screen.getByRole("table", { name: "Calls" })).getAllByRole("row");

  it("says what the calls come to, and what that does not contain", async () => {
    showInWorkspace(<Events />, { server: SERVER });
    expect(await screen.findByText(/not in that sum: 1 call without a price/)).toBeTruthy();
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(screen.getByText("That is all of 2 calls.")).toBeTruthy();
  });

  it("shows each new call once, at the top, if the filters mean it", async () => {
    const { live } = showInWorkspace(<Events />, { server: SERVER, at: "/?feature=search" });
    await waitFor(() => expect(rows()).toHaveLength(3));
    const late = liveEvent({
      id: uuid(NOW),
      timestamp: new Date(NOW).toISOString(),
      model: "claude-new",
    });
    live.say("event", late);
    live.say("event", late);
    live.say("event", { ...late, id: uuid(NOW, 1), feature: "chat" });
    await waitFor(() => expect(rows()).toHaveLength(4));
    expect(rows()[1]?.textContent).toContain("claude-new");
  });

  it("reads the newest page again when the stream left calls out", async () => {
    const { live, asked } = showInWorkspace(<Events />, { server: SERVER });
    await waitFor(() => expect(rows()).toHaveLength(3));
    const pages = () => asked.filter((each) => each.startsWith("GET /api/costs?")).length;
    const before = pages();
    live.say("spend", { month: {}, today: {}, gap: false, omitted: 12 });
    await waitFor(() => expect(pages()).toBeGreaterThan(before));
  });

  it(
    "reads the newest page again when more calls have come than it keeps",
    { timeout: 30_000 },
    async () => {
      const { live, asked } = showInWorkspace(<Events />, { server: SERVER });
      await waitFor(() => expect(rows()).toHaveLength(3));
      const pages = () => asked.filter((each) => each.startsWith("GET /api/costs?")).length;
      const before = pages();
      const say = (n: number) =>
        live.say("event", liveEvent({ id: uuid(NOW, n), timestamp: new Date(NOW).toISOString() }));
      for (let n = 0; n < MOST_ARRIVALS; n += 1) say(n);
      const all = `That is all of ${count(MOST_ARRIVALS + 2)} calls.`;
      await screen.findByText(all, undefined, { timeout: 10_000 });
      expect(pages()).toBe(before);
      say(MOST_ARRIVALS);
      await waitFor(() => expect(pages()).toBeGreaterThan(before));
    },
  );

  it("says in words why it cannot show calls, and tries again", async () => {
    let fails = true;
    const server: Server = {
      ...SERVER,
      "GET /api/costs": () =>
        fails ? problem(500, "internal", "something broke") : { costs: [], next_cursor: null },
    };
    showInWorkspace(<Events />, { server });
    await screen.findByText("Something broke.");
    fails = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No calls here")).toBeTruthy();
  });

  it("names what of a link it could not read", async () => {
    showInWorkspace(<Events />, { server: SERVER, at: "/?range=sometimes&event=1&status=odd" });
    expect((await screen.findByText(/could not be understood/)).textContent).toContain(
      "range, event, status",
    );
  });

  it("shows a call in full by its link, with what each class of tokens cost", async () => {
    const event = call(1000, { model: "<script>x</script>", feature: "مرحبا" });
    showInWorkspace(<Events />, {
      server: { ...SERVER, [`GET /api/costs/${event.id}`]: () => event },
      at: `/?event=${event.id}`,
    });
    const panel = await screen.findByRole("dialog", { name: /<script>x<\/script>/ });
    const table = within(panel).getByRole("table", { name: /Tokens by class/ });
    expect(within(table).getByRole("row", { name: /Cache read/ }).textContent).toContain("$0.0025");
  });

  it("lets an admin mend a quarantined call, and tells others who can", async () => {
    const event = call(1000, {
      cost: null,
      computed_cost: null,
      price_status: "quarantined",
      quarantine_reason: "parts exceed the whole",
    });
    const server = { ...SERVER, [`GET /api/costs/${event.id}`]: () => event };
    const at = `/?event=${event.id}`;
    const first = showInWorkspace(<Events />, { server, at });
    expect(await screen.findByRole("button", { name: "State the counts" })).toBeTruthy();
    first.unmount();
    showInWorkspace(<Events />, { server, at, role: "viewer" });
    expect(await screen.findByText(/An admin of the workspace can do that/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "State the counts" })).toBeNull();
  });
});
