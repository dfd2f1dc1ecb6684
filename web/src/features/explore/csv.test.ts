import { describe, expect, it } from "vitest";
import { valueOf } from "@/lib/dimensions";
import { textCell, toCsv } from "./csv";
import type { Row } from "./rows";

const row = (given: Partial<Row>): Row => ({
  id: "",
  keys: {},
  spend: "1.5",
  unknown: 0,
  share: 1,
  events: 3,
  tokens: 40,
  perCall: "0.5",
  before: null,
  difference: null,
  change: null,
  ...given,
});

describe("cells of text", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])("are no formula: %j", (text) => {
    expect(textCell(text).replace(/^"/, "")).toBe(`'${text}${/[\r\n]/.test(text) ? '"' : ""}`);
  });

  it("are quoted where they hold what separates cells", () => {
    expect(textCell('a,"b"')).toBe('"a,""b"""');
    expect(textCell("plain")).toBe("plain");
  });
});

describe("the table as a file", () => {
  it("leaves out what is not known and keeps exact amounts", () => {
    const csv = toCsv(
      [
        row({ keys: { feature: "=search" } }),
        row({ keys: { feature: "" }, spend: null, perCall: null, unknown: 3 }),
      ],
      ["feature"],
      false,
      valueOf,
    );
    expect(csv.split("\r\n")).toEqual([
      "Feature,Spend (USD),Calls,Calls without a known cost,Tokens,Cost per call (USD)",
      "'=search,1.5,3,0,40,0.5",
      ",,3,3,40,",
      "",
    ]);
  });

  it("has negative differences as numbers", () => {
    const csv = toCsv(
      [row({ keys: { model: "m" }, before: "2", difference: "-0.5" })],
      ["model"],
      true,
      valueOf,
    );
    expect(csv.split("\r\n")[1]).toBe("m,1.5,3,0,40,0.5,2,-0.5");
  });
});
