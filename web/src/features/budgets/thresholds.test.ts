import { describe, expect, it } from "vitest";
import { asPercent, readPercent, toneOf, withThreshold } from "./thresholds";

describe("thresholds", () => {
  it.each([
    ["80", "0.8"],
    ["80 %", "0.8"],
    ["12.5%", "0.125"],
    ["0,1", "0.001"],
    ["100", "1"],
    ["1000", "10"],
    ["33.33", "0.3333"],
  ])("reads %s as %s exactly", (typed, threshold) => {
    expect(readPercent(typed)).toEqual({ threshold });
  });

  it.each(["", "0", "-5", "1000.01", "1e2", "12.345", "eighty", "80%%"])("refuses %j", (typed) => {
    expect(readPercent(typed)).toHaveProperty("problem");
  });

  it("shows what was read", () => {
    expect(asPercent("0.8")).toBe("80 %");
    expect(asPercent("0.125")).toBe("12.5 %");
    expect(asPercent("1")).toBe("100 %");
  });

  it("keeps them ascending and each once, whatever their spelling", () => {
    expect(withThreshold(["0.5", "1"], "0.8")).toEqual(["0.5", "0.8", "1"]);
    expect(withThreshold(["0.5", "1.0"], "1")).toEqual(["0.5", "1"]);
    expect(withThreshold(["0.9"], "10")).toEqual(["0.9", "10"]);
  });

  it("warns before it is too late and is plain about what is used up", () => {
    expect(toneOf(0.5, ["0.5", "0.8", "1"])).toBe("accent");
    expect(toneOf(0.8, ["0.5", "0.8", "1"])).toBe("warn");
    expect(toneOf(0.95, ["0.5"])).toBe("warn");
    expect(toneOf(1, ["0.5"])).toBe("bad");
  });
});
