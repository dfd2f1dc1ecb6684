import { describe, expect, it } from "vitest";
import { labelsOf, rowsSchema, toDefaults, type Row } from "./defaults";

const ROWS: Row[] = [
  { label: "feature", key: "", value: "search" },
  { label: "tag", key: "plan", value: "pro" },
  { label: "tag", key: "tier", value: "=1+1" },
];

describe("a key's labels", () => {
  it("go to the API with tags together", () => {
    expect(toDefaults(ROWS)).toEqual({ feature: "search", tags: { plan: "pro", tier: "=1+1" } });
    expect(toDefaults([])).toEqual({});
  });

  it("come back in words", () => {
    expect(labelsOf({ feature: "search", tags: { plan: "pro" }, session_id: "s" })).toEqual([
      ["Feature", "search"],
      ["Tag plan", "pro"],
      ["Session", "s"],
    ]);
    expect(labelsOf({ tags: null, odd: 7 })).toEqual([]);
  });

  it("are each set once", () => {
    expect(rowsSchema.safeParse(ROWS).success).toBe(true);
    expect(rowsSchema.safeParse([ROWS[0], ROWS[0]]).success).toBe(false);
    expect(rowsSchema.safeParse([{ label: "tag", key: "", value: "x" }]).success).toBe(false);
    expect(rowsSchema.safeParse([{ label: "user", key: "", value: "" }]).success).toBe(false);
  });
});
