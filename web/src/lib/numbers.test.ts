import { expect, it } from "vitest";
import { change, count, duration, many, percent, short } from "./numbers";

it.each([
  [count(8204), "8,204"],
  [short(9999), "9,999"],
  [short(1_234_567), "1.23M"],
  [percent(0.823), "82%"],
  [percent(0.004), "0.4%"],
  [percent(0.0004), "<0.1%"],
  [percent(0), "0%"],
  [percent(-0.12), "−12%"],
  [change(0.12), "+12%"],
  [change(-0.5), "−50%"],
  [many(1, "call"), "1 call"],
  [many(1200, "call"), "1,200 calls"],
  [duration(340), "340 ms"],
  [duration(1240), "1.2 s"],
  [duration(3 * 60_000), "3 min"],
])("shows %s as %s", (shown, expected) => {
  expect(shown).toBe(expected);
});
