import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { showInWorkspace } from "@/testing/workspace";
import { FilterBar } from "./filter-bar";

const DAYS = { from: "2026-11-01", to: "2026-12-01" };

it("calls API keys by their names, and finds them by these", async () => {
  const onChange = vi.fn();
  const server = {
    "GET /api/keys/names": () => ({
      names: [
        { id: 3, name: "Nightly", revoked: false },
        { id: 4, name: "Website", revoked: false },
        { id: 5, name: "Batch", revoked: true },
      ],
    }),
    "GET /api/costs/values": () => ({
      values: ["3", "4", "5"].map((value) => ({ value, spend: "1", events: 2 })),
    }),
  };
  const { asked } = showInWorkspace(
    <FilterBar filters={{ api_key: ["3"] }} onChange={onChange} days={DAYS} />,
    { server },
  );
  await userEvent.click(await screen.findByRole("button", { name: /^API key:\s?Nightly$/ }));
  expect(await screen.findByRole("checkbox", { name: /Batch/ })).toBeTruthy();
  await userEvent.type(screen.getByRole("searchbox"), "web");
  await userEvent.click(await screen.findByRole("checkbox", { name: /Website/ }));
  expect(screen.queryByRole("checkbox", { name: /Batch/ })).toBeNull();
  expect(onChange).toHaveBeenLastCalledWith({ api_key: ["3", "4"] });
  expect(asked.filter((each) => each.startsWith("GET /api/costs/values"))).toHaveLength(1);
});
