import { describe, expect, it } from "vitest";
import { changesOf, countsAnew, settingsSchema, tagProblem } from "./changes";

const STORED = { name: "Acme", timezone: "UTC", tags: ["plan"] };

describe("what changed", () => {
  it("is nothing when all is as it was", () => {
    expect(changesOf(STORED, { ...STORED, tags: ["plan"] })).toEqual({});
  });

  it("holds the changed fields alone", () => {
    expect(changesOf(STORED, { ...STORED, name: "Beta" })).toEqual({ name: "Beta" });
    expect(changesOf(STORED, { ...STORED, tags: [] })).toEqual({ tags: [] });
  });

  it("counts the past anew for zones and tags, not for names", () => {
    expect(countsAnew({ name: "Beta" })).toBe(false);
    expect(countsAnew({ timezone: "Europe/Berlin" })).toBe(true);
    expect(countsAnew({ tags: [] })).toBe(true);
  });
});

it("takes no zone that the browser does not know", () => {
  expect(settingsSchema.safeParse({ ...STORED, timezone: "Mars/Base" }).success).toBe(false);
});

it("says what is wrong with a tag", () => {
  expect(tagProblem("tier", ["plan"])).toBeNull();
  expect(tagProblem("", [])).not.toBeNull();
  expect(tagProblem("a,b", [])).not.toBeNull();
  expect(tagProblem("plan", ["plan"])).not.toBeNull();
  expect(tagProblem("f", ["a", "b", "c", "d", "e"])).not.toBeNull();
  expect(tagProblem("x".repeat(257), [])).not.toBeNull();
});
