import { describe, expect, it } from "vitest";
import { eventsQuery } from "./events-link";

const REQUEST =
  "/api/costs?provider=openai&model=gpt-4&model=a%26b&status=error&from=2026-10-30T00%3A00%3A00Z&to=2026-11-29T00%3A00%3A00Z";

describe("the way to the calls", () => {
  it("keeps every filter and shows the last day, not the one after", () => {
    const query = new URLSearchParams(eventsQuery(REQUEST, "UTC"));
    expect(query.getAll("model")).toEqual(["gpt-4", "a&b"]);
    expect(query.get("status")).toBe("error");
    expect(query.get("range")).toBe("2026-10-30..2026-11-28");
    expect(query.has("from")).toBe(false);
  });

  it("takes the days of the workspace's zone", () => {
    const berlin = "/api/costs?from=2026-10-29T23:00:00Z&to=2026-11-28T23:00:00Z";
    expect(new URLSearchParams(eventsQuery(berlin, "Europe/Berlin")).get("range")).toBe(
      "2026-10-30..2026-11-28",
    );
  });

  it("leaves out a time that it cannot read", () => {
    expect(eventsQuery("/api/costs?from=x&to=y&feature=a", "UTC")).toBe("feature=a");
  });
});
