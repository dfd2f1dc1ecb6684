import { expect, it } from "vitest";
import { ownPath } from "./own-path";

const SITE = "https://llmlab.example";

it.each(["/", "/w/1", "/w/1/explore?group=model#x", "/w/1/events?feature=%2F%2Fevil"])(
  "goes on to %s",
  (path) => {
    expect(ownPath(path, SITE)).toBe(path);
  },
);

it.each([
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "w/1",
  "",
  null,
  undefined,
  7,
  "/signin",
  "/auth/callback?code=x",
  `/${"x".repeat(5_000)}`,
])("goes nowhere by %j", (text) => {
  expect(ownPath(text, SITE)).toBeNull();
});
