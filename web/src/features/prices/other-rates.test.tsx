import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PriceDocument } from "@/lib/price-document";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { price } from "./example";
import { PriceDialog } from "./price-dialog";

const LISTED = {
  tokens: { input: "2", output: "8" },
  tiers: [{ above: 200000, tokens: { input: "4", output: "16" } }],
};

function showDialog(answer: () => unknown, rates: PriceDocument = LISTED) {
  const sent: unknown[] = [];
  const server: Server = {
    "PUT /api/prices": ({ body }) => {
      sent.push(body);
      return answer();
    },
  };
  const start = { kind: "edit", price: price({ layer: "custom", rates: { ...rates } }) } as const;
  showInWorkspace(<PriceDialog start={start} onClose={() => undefined} />, { server });
  return sent;
}

const time = (number: number) => within(screen.getByRole("group", { name: `Time ${number}` }));
const size = (number: number) => within(screen.getByRole("group", { name: `Size ${number}` }));
const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));

describe("rates by size of the input", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("are added below those that hold, which they show and take over where they are empty", async () => {
    const sent = showDialog(() => price({}));
    await press("Another size");
    expect(document.activeElement).toBe(size(2).getByLabelText("Input tokens above"));
    await userEvent.keyboard("128,000");
    expect(size(2).getByLabelText("Output").getAttribute("placeholder")).toBe("8");
    await userEvent.type(size(2).getByLabelText("Input"), "3.50");
    await press("Set the price");
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toMatchObject([
      {
        tokens: LISTED.tokens,
        tiers: [{ above: 128000, tokens: { input: "3.50", output: "8" } }, ...LISTED.tiers],
      },
    ]);
  });

  it("are gone when the last is removed", async () => {
    const sent = showDialog(() => price({}));
    await press("Remove size 1");
    expect(document.activeElement).toBe(
      screen.getByRole("group", { name: "By size of the input" }),
    );
    await press("Set the price");
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toMatchObject([{ tokens: LISTED.tokens }]);
    expect(sent[0]).not.toHaveProperty("tiers");
  });

  it("have what the API says of them at the field, whatever order they were stated in", async () => {
    showDialog(() =>
      problem(422, "validation", "wrong", [
        { field: "tiers.0.tokens.input", message: "must lie from 0 to 100000" },
        { field: "tiers.1.tokens", message: "needs these too: output_audio" },
        { field: "tiers", message: "cannot be" },
      ]),
    );
    await press("Another size");
    await userEvent.keyboard("128000");
    await userEvent.type(size(2).getByLabelText("Input"), "100001");
    await press("Set the price");
    const wrong = await screen.findByText("Must lie from 0 to 100000");
    const group = within(wrong.closest("fieldset") as HTMLElement);
    const field = group.getByLabelText<HTMLInputElement>("Input");
    expect(field.value).toBe("100001");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(group.getByLabelText<HTMLInputElement>("Input tokens above").value).toBe("128,000");
    expect(size(2).getByText("Needs these too: output_audio")).toBeTruthy();
    expect(screen.getByText("Cannot be")).toBeTruthy();
  });
});

describe("rates by time of day", () => {
  afterEach(() => vi.unstubAllGlobals());

  const at = (from: string, until: string) => ({
    from,
    until,
    tokens: { input: "1", output: "5" },
  });
  const SIZES = [{ above: 9, tokens: { input: "3", output: "15" } }];

  it("are added with the days on which they begin and sizes of their own", async () => {
    const sent = showDialog(() => price({}), { tokens: LISTED.tokens });
    await press("Other rates at a time of day");
    const night = time(1);
    fireEvent.change(night.getByLabelText("From, UTC"), { target: { value: "22:00" } });
    await press("Set the price");
    expect(await night.findByText("A time of day, such as 22:00.")).toBeTruthy();
    fireEvent.change(night.getByLabelText("Until, UTC"), { target: { value: "06:00" } });
    await userEvent.click(night.getByLabelText("Sat"));
    await userEvent.click(night.getByLabelText("Sun"));
    await userEvent.type(night.getByLabelText("Input"), "1");
    await userEvent.click(night.getByRole("button", { name: "Other rates above a size" }));
    const large = within(night.getByRole("group", { name: "Size 1" }));
    expect(large.getByLabelText("Input").getAttribute("placeholder")).toBe("1");
    await userEvent.type(large.getByLabelText("Input tokens above"), "200000");
    await userEvent.type(large.getByLabelText("Output"), "9");
    await press("Set the price");
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toMatchObject([
      {
        windows: [
          {
            from: "22:00",
            until: "06:00",
            days: [1, 2, 3, 4, 5],
            tokens: { input: "1", output: "8" },
            tiers: [{ above: 200000, tokens: { input: "1", output: "9" } }],
          },
        ],
      },
    ]);
  });

  it("that stay keep their sizes when one before them is removed", async () => {
    const windows = [
      { ...at("00:00", "06:00"), days: [1] },
      { ...at("20:00", "22:00"), tiers: SIZES },
    ];
    const sent = showDialog(() => price({}), { tokens: LISTED.tokens, windows });
    await press("Remove time 1");
    expect(time(1).getByLabelText<HTMLInputElement>("From, UTC").value).toBe("20:00");
    expect(time(1).getByLabelText<HTMLInputElement>("Sun").checked).toBe(true);
    expect(time(1).getByLabelText<HTMLInputElement>("Input tokens above").value).toBe("9");
    expect(document.activeElement).toBe(screen.getByRole("group", { name: "By time of day" }));
    await press("Set the price");
    await screen.findByRole("dialog", { name: "The price is set" });
    expect(sent).toMatchObject([{ windows: [windows[1]] }]);
  });

  it("have what the API says of them at the field, or of all of them together", async () => {
    showDialog(
      () =>
        problem(422, "validation", "wrong", [
          { field: "windows.0.tokens.output", message: "must lie from 0 to 100000" },
          { field: "windows", message: "windows of the day overlap" },
        ]),
      { tokens: LISTED.tokens, windows: [at("00:00", "06:00")] },
    );
    await press("Set the price");
    expect(await time(1).findByText("Must lie from 0 to 100000")).toBeTruthy();
    expect(time(1).getByLabelText("Output").getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByText("Windows of the day overlap")).toBeTruthy();
  });
});
