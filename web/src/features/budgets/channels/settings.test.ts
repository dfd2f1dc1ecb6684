import { describe, expect, it } from "vitest";
import { channel } from "../example";
import { addressesOf, schema, targetOf, toSettings, valuesOf, type Values } from "./settings";

const EMPTY: Values = {
  kind: "email",
  name: "",
  to: "",
  url: "",
  routing_key: "",
  europe: false,
  kinds: [],
  keep: false,
};
const KEY = "0123456789abcdef0123456789ABCDEF";

describe("the settings of channels", () => {
  it("asks each kind for its own target", () => {
    const problems = (values: Partial<Values>) =>
      schema.safeParse({ ...EMPTY, ...values }).error?.issues.map(({ path }) => path[0]);
    expect(problems({ kind: "email" })).toEqual(["to"]);
    expect(problems({ kind: "email", to: "ada@example.com, nonsense" })).toEqual(["to"]);
    expect(problems({ kind: "slack", url: "hooks.slack.com" })).toEqual(["url"]);
    expect(problems({ kind: "pagerduty", routing_key: "short" })).toEqual(["routing_key"]);
    expect(problems({ kind: "webhook", keep: true })).toBeUndefined();
  });

  it("writes what the API takes", () => {
    expect(toSettings({ ...EMPTY, to: "a@x.org; b@x.org\na@x.org" })).toEqual({
      to: ["a@x.org", "b@x.org"],
    });
    expect(toSettings({ ...EMPTY, kind: "webhook", url: "https://x.org/h" })).toEqual({
      url: "https://x.org/h",
    });
    expect(toSettings({ ...EMPTY, kind: "pagerduty", routing_key: KEY })).toEqual({
      routing_key: KEY,
    });
    expect(
      toSettings({ ...EMPTY, kind: "pagerduty", routing_key: KEY, europe: true }),
    ).toHaveProperty("url");
  });

  it("leaves an account in its region when its key is changed", () => {
    const settings = { routing_key: "…CDEF", url: "https://events.eu.pagerduty.com/…" };
    const before = valuesOf(channel({ kind: "pagerduty", settings }));
    expect(toSettings({ ...before, keep: false, routing_key: KEY })).toEqual({
      routing_key: KEY,
      url: "https://events.eu.pagerduty.com/v2/enqueue",
    });
    const american = channel({ kind: "pagerduty", settings: { routing_key: "…CDEF" } });
    expect(valuesOf(american).europe).toBe(false);
    expect(valuesOf(channel()).europe).toBe(false);
  });

  it("says where a channel leads", () => {
    expect(targetOf({ settings: { to: ["a@x.org", "b@x.org"] } })).toBe("a@x.org, b@x.org");
    expect(targetOf({ settings: { url: "https://x.org/…", secret: "whsec_…" } })).toBe(
      "https://x.org/…",
    );
    expect(targetOf({ settings: {} })).toBe("");
    expect(addressesOf("  ")).toEqual([]);
  });
});
