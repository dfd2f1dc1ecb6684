import { describe, expect, it } from "vitest";
import { fragmentOf, fromFragment } from "./fragment";

describe("a fragment", () => {
  it("gives its value back", () => {
    expect(fromFragment(fragmentOf("token", "a-_b+/="), "token")).toBe("a-_b+/=");
  });
  it.each(["", "#", "#token", "#token=", "#other=x", `#token=${"x".repeat(257)}`])(
    "has none in %j",
    (hash) => {
      expect(fromFragment(hash, "token")).toBeNull();
    },
  );
});
