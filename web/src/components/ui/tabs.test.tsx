import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { Segments } from "./tabs";

function Contexts() {
  const [value, setValue] = useState("batch");
  const choices = [
    ["", "Standard"],
    ["batch", "Batch"],
  ] as const;
  return (
    <>
      <Segments label="Context" value={value} onChange={setValue} choices={choices} />
      <p>chosen: “{value}”</p>
    </>
  );
}

it("has the empty text for a choice as any other", async () => {
  render(<Contexts />);
  const standard = screen.getByRole("button", { name: "Standard" });
  expect(standard.getAttribute("aria-pressed")).toBe("false");
  await userEvent.click(standard);
  expect(screen.getByText("chosen: “”")).toBeTruthy();
  expect(standard.getAttribute("aria-pressed")).toBe("true");
  // What is chosen stays chosen when it is pressed again.
  await userEvent.click(standard);
  expect(standard.getAttribute("aria-pressed")).toBe("true");
});
