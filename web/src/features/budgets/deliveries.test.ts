import { describe, expect, it } from "vitest";
import { isUnderWay, tellDelivery, type Delivery } from "./deliveries";

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

  it("are under way only while something will happen by itself", () => {
    expect(isUnderWay(waiting)).toBe(true);
    expect(isUnderWay({ ...waiting, paused: true })).toBe(false);
    expect(isUnderWay({ ...waiting, status: "failed" })).toBe(false);
  });
});
