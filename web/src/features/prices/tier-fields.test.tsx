import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { problem, showInWorkspace, type Server } from "@/testing/workspace";
import { price } from "./example";
import { PriceDialog } from "./price-dialog";

const LISTED = {
  tokens: { input: "2", output: "8" },
  tiers: [{ above: 200000, tokens: { input: "4", output: "16" } }],
};

function showDialog(answer: () => unknown) {
  const sent: unknown[] = [];
  const server: Server = {
    "PUT /api/prices": ({ body }) => {
      sent.push(body);
      return answer();
    },
  };
  const start = { kind: "edit", price: price({ layer: "custom", rates: LISTED }) } as const;
  showInWorkspace(<PriceDialog start={start} onClose={() => undefined} />, { server });
  return sent;
}

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
