import { expect, it } from "vitest";
import { byCode } from "./codes";

const reason = (code: string, words: string, letters: number, last: string) => ({
  code,
  reason: words,
  letters,
  first: "2026-11-01T00:00:00Z",
  last,
});

it("puts together what is replayed and dropped together", () => {
  expect(
    byCode([
      reason("bad_timestamp", "no time", 4, "2026-11-20T00:00:00Z"),
      reason("refused", "no_cursed", 3, "2026-11-21T00:00:00Z"),
      reason("refused", "no_hexed", 2, "2026-11-22T00:00:00Z"),
    ]),
  ).toEqual([
    {
      code: "refused",
      reasons: ["no_cursed", "no_hexed"],
      letters: 5,
      last: "2026-11-22T00:00:00Z",
    },
    { code: "bad_timestamp", reasons: ["no time"], letters: 4, last: "2026-11-20T00:00:00Z" },
  ]);
});
