import { describe, expect, it } from "vitest";
import { price } from "./example";
import { classesOf, contextsOf, pointsOf, stepsOf } from "./history";

const OLD = "2026-03-01T00:00:00Z";
const NEW = "2026-06-01T00:00:00Z";
const NOW = Date.parse("2026-11-23T00:00:00Z");
const inputs = (steps: ReturnType<typeof stepsOf>) => steps.map(({ rates }) => rates.input ?? null);

describe("a model's prices over time", () => {
  it("change where a version begins", () => {
    const steps = stepsOf(
      [
        price({ id: 2, valid_from: NEW, rates: { tokens: { input: "2", output: "8" } } }),
        price({ id: 1, valid_until: NEW }),
      ],
      "",
    );
    expect(inputs(steps)).toEqual(["2.5", "2"]);
    expect(steps[1]?.at).toBe(Date.parse(NEW));
  });

  it("are those of the layer that goes before the others, while it holds", () => {
    const own = price({
      id: 9,
      layer: "custom",
      valid_from: OLD,
      valid_until: NEW,
      rates: { tokens: { input: "1", output: "4" } },
    });
    expect(inputs(stepsOf([own, price({})], ""))).toEqual(["2.5", "1", "2.5"]);
  });

  it("leave out what was replaced or taken back, other contexts, and discounts", () => {
    const prices = [
      price({}),
      price({ id: 2, valid_from: OLD, replaced: true, rates: { tokens: { input: "7" } } }),
      price({ id: 3, valid_from: OLD, withdrawn: true, layer: "custom", rates: {} }),
      price({ id: 4, valid_from: OLD, context: "batch", rates: { tokens: { input: "8" } } }),
      price({ id: 5, valid_from: OLD, layer: "custom", rates: { factor: "0.9" } }),
    ];
    expect(inputs(stepsOf(prices, ""))).toEqual(["2.5"]);
    expect(contextsOf(prices)).toEqual(["", "batch"]);
  });

  it("have a gap where nothing holds", () => {
    const prices = [price({ valid_until: OLD }), price({ id: 2, valid_from: NEW })];
    expect(inputs(stepsOf(prices, ""))).toEqual(["2.5", null, "2.5"]);
  });

  it("are drawn until now, what always held from a year before the first change", () => {
    const steps = stepsOf([price({ valid_until: OLD }), price({ id: 2, valid_from: OLD })], "");
    const classes = classesOf(steps);
    expect(classes).toEqual(["input", "output"]);
    const points = pointsOf(steps, classes, NOW);
    expect(points[0]?.at).toBe(NOW - 365 * 24 * 3600 * 1000);
    expect(points.at(-1)).toEqual({ at: NOW, input: 2.5, output: 10 });
    expect(pointsOf([], [], NOW)).toEqual([]);
  });
});
