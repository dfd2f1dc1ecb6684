import { describe, expect, it } from "vitest";
import { ticksFor } from "./ticks";

describe("the marks of an axis", () => {
  it.each([
    [4.24, [0, 1, 2, 3, 4, 5]],
    [0.0883, [0, 0.02, 0.04, 0.06, 0.08, 0.1]],
    [1000, [0, 200, 400, 600, 800, 1000]],
    [1.1, [0, 0.25, 0.5, 0.75, 1, 1.25]],
    [0.000000123, [0, 0.000000025, 0.00000005, 0.000000075, 0.0000001, 0.000000125]],
  ])("end just above %d", (highest, marks) => expect(ticksFor(highest)).toEqual(marks));

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("are there without a height: %d", (none) =>
    expect(ticksFor(none)).toEqual([0, 1]),
  );
});
