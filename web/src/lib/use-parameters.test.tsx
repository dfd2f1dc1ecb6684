import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderAt } from "@/testing/screens";
import { choice, useUrlState } from "./url-state";
import { useFilters } from "./use-filters";

const FIELDS = { view: choice(["chart", "table"], "chart"), unit: choice(["day", "hour"], "day") };

function Screen() {
  const { set } = useUrlState(FIELDS);
  const { setFilters } = useFilters();
  return (
    <>
      <button
        onClick={() => {
          set({ view: "table" });
          set({ unit: "hour" });
          setFilters({ model: ["a"] });
        }}
      >
        Change
      </button>
      <button onClick={() => set({ view: "chart" })}>Chart</button>
    </>
  );
}

describe("parameters of the page", () => {
  it("keep a change that is not shown yet when the next one comes", async () => {
    const router = renderAt("/?range=7d", { "/": <Screen /> });
    await userEvent.click(screen.getByRole("button", { name: "Change" }));
    expect(router.state.location.search).toBe("?range=7d&view=table&unit=hour&model=a");
  });

  it("forget what was gone back from", async () => {
    const router = renderAt("/", { "/": <Screen /> });
    await userEvent.click(screen.getByRole("button", { name: "Change" }));
    await router.navigate("/");
    await userEvent.click(screen.getByRole("button", { name: "Chart" }));
    expect(router.state.location.search).toBe("");
  });
});
