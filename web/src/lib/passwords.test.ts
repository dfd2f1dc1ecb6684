import { expect, it } from "vitest";
import { newPassword } from "./passwords";

it.each(["12345678", "x".repeat(1024), "🔑".repeat(8)])("takes %s", (password) => {
  expect(newPassword.safeParse(password).success).toBe(true);
});

it.each(["", "1234567", "🔑".repeat(7), "x".repeat(1025)])("refuses %s", (password) => {
  expect(newPassword.safeParse(password).success).toBe(false);
});
