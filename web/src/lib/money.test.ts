import { describe, expect, it } from "vitest";
import {
  compare,
  each,
  exactPlaces,
  format,
  formatShort,
  formatSigned,
  fromPosition,
  minus,
  placesFor,
  placesForLarge,
  placesWithin,
  share,
  sum,
} from "./money";

describe("money", () => {
  it("adds exactly what floats cannot", () => {
    expect(sum(["0.1", "0.2"])).toBe("0.3");
    expect(sum(Array.from({ length: 1000 }, () => "0.000000000001"))).toBe("0.000000001");
    expect(sum(["99999999999999999999.123456789012", "0.000000000001"])).toBe(
      "99999999999999999999.123456789013",
    );
    expect(sum([])).toBe("0");
    expect(minus("0.3", "0.3")).toBe("0");
    expect(each("1", 3)).toBe("0.333333333333");
    expect(each("1", 0)).toBeNull();
    expect(share("1", "0")).toBeNull();
  });

  it("compares by value, not by spelling", () => {
    expect(compare("9", "10")).toBe(-1);
    expect(compare("0.10", "0.1")).toBe(0);
  });

  it.each([
    ["0", "$0.00"],
    ["0.06", "$0.06"],
    ["1234567.891", "$1,234,567.89"],
    ["0.000123456", "$0.000123"],
    ["0.012345", "$0.0123"],
    ["0.5", "$0.50"],
    ["0.000000000001", "$0.000000000001"],
    ["-3.1", "−$3.10"],
    ["2.675", "$2.68"],
    ["2.665", "$2.66"],
    ["0.9999", "$1.00"],
    ["0.001005", "$0.001"],
    ["0.001015", "$0.00102"],
  ])("shows %s as %s", (amount, shown) => {
    expect(format(amount)).toBe(shown);
  });

  it("shows differences with their sign and large sums in little room", () => {
    expect(formatSigned("3.1")).toBe("+$3.10");
    expect(formatSigned("-0.2", 2)).toBe("−$0.20");
    expect(formatSigned("0")).toBe("±$0.00");
    expect(formatShort("12400")).toBe("$12.4k");
    expect(formatShort("3200000")).toBe("$3.2M");
  });

  it("tells a position as what it is about", () => {
    expect(format(fromPosition(10 / 3))).toBe("$3.33");
    expect(format(fromPosition(0.01 / 3))).toBe("$0.00333");
    expect(fromPosition(1e-9 / 3)).toBe("0.000000000333");
  });

  it("finds the places that make a column readable", () => {
    expect(placesFor(["12", "0.5"])).toBe(2);
    expect(placesFor(["12", "0.0123"])).toBe(4);
    expect(placesFor(["12", "0.000000000001"])).toBe(6);
    expect(placesFor([])).toBe(2);
  });

  it("finds the places that leave out no digit", () => {
    expect(exactPlaces(["3", "0.001875", "0.5"])).toBe(6);
    expect(exactPlaces([])).toBe(2);
  });

  it("gives a column the places of its large amounts, and small ones their own", () => {
    const places = placesForLarge(["4.81491", "0.0000213", "1.2"]);
    expect(places).toBe(3);
    expect(format("4.81491", placesWithin("4.81491", places))).toBe("$4.815");
    expect(format("0.0000213", placesWithin("0.0000213", places))).toBe("$0.0000213");
    expect(format("0", placesWithin("0", places))).toBe("$0.000");
    expect(placesForLarge(["21.1"])).toBe(2);
    // Zeros behind all figures say nothing: $0.06 alone is not $0.06000.
    expect(placesForLarge(["0.06"])).toBe(2);
    expect(placesForLarge(["0.06", "0.0612"])).toBe(4);
    expect(placesForLarge([])).toBe(2);
  });
});
