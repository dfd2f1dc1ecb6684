import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderAt } from "@/testing/screens";
import { Missing } from "./crashed";

it.each([
  [true, 0],
  [false, 1],
])(
  "is the main part of a page only where nothing stands around it (inside: %s)",
  (inside, mains) => {
    renderAt("/", { "/": <Missing inside={inside} /> });
    expect(screen.getByText("There is no such page")).toBeTruthy();
    expect(screen.queryAllByRole("main")).toHaveLength(mains);
  },
);
