import { describe, expect, it } from "vitest";
import { isPending, tellDelivery, type Delivery } from "./deliveries";

const now = Date.parse("2026-11-28T12:00:00Z");
const waiting: Delivery = {
  id: 1,
  alert_id: 1,
  kind: "test",
  title: null,
  channel: { id: 1, name: "Ops", kind: "slack" },
  status: "waiting",
  paused: false,
  attempts: 0,
  next_attempt_at: null,
  last_error: null,
  sent_at: null,
  created_at: "2026-11-28T11:59:00Z",
};

describe("deliveries", () => {
  it("are told by where they stand", () => {
    expect(tellDelivery(waiting, now).word).toBe("On its way");
    const tried = {
      ...waiting,
      attempts: 2,
      last_error: "it answered 500",
      next_attempt_at: "2026-11-28T12:00:30Z",
    };
    expect(tellDelivery(tried, now)).toEqual({
      tone: "warn",
      word: "Not there yet, next try in 30 s",
      why: "it answered 500",
    });
    expect(tellDelivery({ ...waiting, paused: true }, now).word).toBe(
      "Waits: the channel is paused",
    );
    expect(
      tellDelivery({ ...waiting, status: "sent", sent_at: "2026-11-28T11:58:00Z" }, now),
    ).toEqual({ tone: "good", word: "Sent 2 min ago", why: null });
    expect(tellDelivery({ ...waiting, status: "failed", last_error: "gone" }, now)).toMatchObject({
      tone: "bad",
      why: "gone",
    });
  });

  it("are pending until their first attempt has come to something", () => {
    expect(isPending(waiting)).toBe(true);
    // It counts from its beginning, and is no failure before there is a reason.
    const begun = { ...waiting, attempts: 1, next_attempt_at: "2026-11-28T12:00:40Z" };
    expect(isPending(begun)).toBe(true);
    expect(tellDelivery(begun, now).word).toBe("On its way");
    expect(isPending({ ...begun, last_error: "it answered 500" })).toBe(false);
    expect(isPending({ ...waiting, paused: true })).toBe(false);
    expect(isPending({ ...waiting, status: "failed" })).toBe(false);
  });
});
