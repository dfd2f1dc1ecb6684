import { describe, expect, it } from "vitest";
import { actionOf, actorOf, detailsOf } from "./actions";

describe("an entry", () => {
  it("says what was done, also where there is no word for it yet", () => {
    expect(actionOf("key_created")).toBe("Created an API key");
    expect(actionOf("dead_letters.drop")).toBe("Dropped dead letters");
    expect(actionOf("moon_landed")).toBe("Moon landed");
    expect(actionOf("moon.landed")).toBe("Moon landed");
    expect(actionOf("constructor")).toBe("Constructor");
  });

  it("says who did it", () => {
    expect(actorOf("user:3", "ada@example.com")).toBe("ada@example.com");
    expect(actorOf("user:3", null)).toBe("Account 3, which is gone");
    expect(actorOf("key:7", null)).toBe("API key 7");
    expect(actorOf("operator:root", null)).toBe("The operator, root");
    expect(actorOf("reprice", null)).toBe("LLMLab (reprice)");
  });

  it("says what else is known", () => {
    expect(
      detailsOf({
        role: "viewer",
        email: null,
        invitations_ended: 2,
        scopes: ["a", "b"],
        rates: { in: "1" },
      }),
    ).toEqual(["role: viewer", "invitations ended: 2", "scopes: a, b", 'rates: {"in":"1"}']);
  });
});
