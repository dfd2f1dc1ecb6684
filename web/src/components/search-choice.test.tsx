import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { SearchChoice } from "./search-choice";
import { Field } from "./ui/field";

it("has one control by the field's name, and an arrow by a name of its own", () => {
  render(
    <Field label="Time zone">
      <SearchChoice value="UTC" onChange={() => undefined} choices={["UTC"]} none="None." />
    </Field>,
  );
  expect(screen.getByLabelText("Time zone")).toBe(screen.getByRole("combobox"));
  expect(screen.getByRole("button", { name: "Show all" })).toBeTruthy();
});
