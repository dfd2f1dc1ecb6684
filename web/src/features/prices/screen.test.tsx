import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { price } from "./example";
import Own from "./own";
import RepricingPage from "./repricing-page";
import { Component as Prices } from "./screen";
import { Route, Routes } from "react-router";

const SERVER: Server = {
  "GET /api/prices": () => ({ prices: [price({})], at: "", catalogue: null, next_cursor: null }),
  "GET /api/costs/summary": () => ({
    by_model: [{ provider: "acme", model: "acme-1", spend: "0", events: 12, tokens: 3400 }],
  }),
};

describe("the price book", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("names the models without a price and takes one for them, for all calls that were", async () => {
    let sent: unknown = null;
    const server: Server = {
      ...SERVER,
      "PUT /api/prices": ({ body }) => {
        sent = body;
        return price({ layer: "custom", valid_from: "2020-01-01T00:00:00Z" });
      },
    };
    showInWorkspace(<Prices />, { server });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Give it a price" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Give it a price" }));
    await user.type(dialog.getByLabelText("Input"), "2.5");
    await user.click(dialog.getByRole("button", { name: "Set the price" }));
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toEqual({
      provider: "acme",
      model: "acme-1",
      context: "",
      note: "",
      valid_from: "2020-01-01T00:00:00Z",
      tokens: { input: "2.5" },
    });
    expect(screen.getByRole("link", { name: /Price them again/ })).toBeTruthy();
  });

  it("shows what the server says of a field at the field", async () => {
    const server: Server = {
      ...SERVER,
      "PUT /api/prices": () =>
        problem(422, "validation", "wrong", [
          { field: "tokens.input", message: "must lie from 0 to 100000" },
          { field: "valid_from", message: "lies inside the period of another price" },
          { field: "valid_until", message: "must lie after the price begins" },
        ]),
    };
    showInWorkspace(<Prices />, { server });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Give it a price" }));
    await user.type(screen.getByLabelText("Input"), "100001");
    await user.click(screen.getByRole("button", { name: "Set the price" }));
    expect(await screen.findByText("Must lie from 0 to 100000")).toBeTruthy();
    // The field of a chosen time is not there: it is said where the beginning was chosen.
    expect(screen.getByText("Lies inside the period of another price")).toBeTruthy();
    expect(screen.getByText("Must lie after the price begins")).toBeTruthy();
    expect(screen.getByLabelText("Input").getAttribute("aria-invalid")).toBe("true");
  });

  it("offers a viewer nothing that a viewer may not do", async () => {
    showInWorkspace(<Prices />, { server: SERVER, role: "viewer" });
    expect(await screen.findByText(/An admin of the workspace can give them a price/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: /price/i })).toBeNull();
  });
});

describe("prices of one's own", () => {
  afterEach(() => vi.unstubAllGlobals());

  const OWN = { layer: "custom", effective: false } as const;
  const SERVED: Server = {
    "GET /api/prices/own": () => ({
      prices: [
        price({ ...OWN, id: 3, model: "later", valid_from: "2090-01-01T00:00:00Z" }),
        price({ ...OWN, id: 2, model: "now", effective: true, valid_from: "2026-11-01T00:00:00Z" }),
        price({
          ...OWN,
          id: 1,
          model: "before",
          valid_from: "2026-01-01T00:00:00Z",
          valid_until: "2026-11-01T00:00:00Z",
        }),
      ],
      next_cursor: null,
    }),
    "GET /api/prices/mappings": () => ({ mappings: [], next_cursor: null }),
  };
  const line = async (model: string) =>
    within((await screen.findByRole("link", { name: model })).closest("tr") as HTMLElement);

  it("are listed whenever they hold, and what is still to come is changed for then", async () => {
    let sent: unknown = null;
    const server: Server = {
      ...SERVED,
      "PUT /api/prices": ({ body }) => {
        sent = body;
        return price({ layer: "custom" });
      },
    };
    showInWorkspace(<Own />, { server });
    expect((await line("now")).getByText("In force")).toBeTruthy();
    expect((await line("before")).getByText("Ended")).toBeTruthy();
    const later = await line("later");
    expect(later.getByText("To come")).toBeTruthy();
    const user = userEvent.setup();
    await user.click(later.getByRole("button", { name: "Change" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Set the price" }));
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toMatchObject({ model: "later", valid_from: "2090-01-01T00:00:00Z" });
  });

  it("that ended charge calls of their time alone when they are corrected", async () => {
    const until = "2026-11-01T00:00:00Z";
    const server: Server = {
      ...SERVED,
      "PUT /api/prices": () => price({ layer: "custom", valid_until: until }),
    };
    showInWorkspace(<Own />, { server });
    const user = userEvent.setup();
    await user.click((await line("before")).getByRole("button", { name: "Change" }));
    await user.click(await screen.findByRole("button", { name: "Set the price" }));
    expect(await screen.findByText(/if they were made before 1 Nov 2026/)).toBeTruthy();
  });

  it("can be taken back by whoever may, before they begin and after they ended", async () => {
    const taken: string[] = [];
    const server: Server = {
      ...SERVED,
      "DELETE /api/prices": ({ url }) => {
        taken.push(url.search);
        return new Response(null, { status: 204 });
      },
    };
    const { unmount } = showInWorkspace(<Own />, { server });
    const user = userEvent.setup();
    for (const model of ["later", "before"]) {
      await user.click((await line(model)).getByRole("button", { name: "Take back" }));
      const dialog = await screen.findByRole("alertdialog");
      await user.click(within(dialog).getByRole("button", { name: "Take back" }));
      await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    }
    expect(taken).toEqual(["?id=3", "?id=1"]);
    unmount();
    showInWorkspace(<Own />, { server, role: "viewer" });
    expect((await line("later")).queryByRole("button")).toBeNull();
  });
});

describe("a repricing", () => {
  afterEach(() => vi.unstubAllGlobals());

  const shown = {
    id: 4,
    kind: "reprice",
    dry_run: true,
    status: "done",
    reason: "",
    actor: "user:1",
    selection: {
      from: "2026-11-01T00:00:00Z",
      to: "2026-12-01T00:00:00Z",
      provider: "openai",
      model: ["gpt-4o"],
      price_status: [],
      ids: [],
      counts: null,
    },
    undoes: null,
    progress: { seen: 735, expected: 735 },
    changed: 700,
    skipped: 0,
    error: null,
    created_at: "2026-11-23T12:00:00Z",
    started_at: null,
    finished_at: "2026-11-23T12:00:05Z",
    difference: "-3.384",
    by_model: [],
    by_day: [],
    by_status: [],
  };

  it("is done as it was previewed, with a reason", async () => {
    let sent: unknown = null;
    const server: Server = {
      "GET /api/prices/repricings/4": () => shown,
      "GET /api/prices/repricings/5": () => ({ ...shown, id: 5, dry_run: false }),
      "POST /api/prices/reprice": ({ body }) => {
        sent = body;
        return { ...shown, id: 5, dry_run: false, status: "queued" };
      },
    };
    showInWorkspace(
      <Routes>
        <Route path="/w/1/prices/repricings/:id" element={<RepricingPage />} />
      </Routes>,
      { server, at: "/w/1/prices/repricings/4" },
    );
    const user = userEvent.setup();
    expect((await screen.findByText(/700 calls would cost something else/)).textContent).toContain(
      "−$3.38",
    );
    await user.click(screen.getByRole("button", { name: "Do it…" }));
    await user.click(screen.getByRole("button", { name: "Change them" }));
    expect(await screen.findByText(/Say why/)).toBeTruthy();
    await user.type(screen.getByLabelText("Reason"), "Contract");
    await user.click(screen.getByRole("button", { name: "Change them" }));
    expect(await screen.findByRole("button", { name: "Undo…" })).toBeTruthy();
    expect(sent).toMatchObject({
      from: "2026-11-01T00:00:00Z",
      to: "2026-12-01T00:00:00Z",
      model: ["gpt-4o"],
      dry_run: false,
      reason: "Contract",
    });
  });
});
