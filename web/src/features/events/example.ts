/** Made-up calls for tests. */
import type { LiveEvent } from "@/api/live-stream";
import type { EventInFull } from "./event-in-full";

/** Return the UUIDv7 of a millisecond, the n-th of it. */
export function uuid(ms: number, n = 0): string {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function liveEvent(over: Partial<LiveEvent>): LiveEvent {
  return {
    id: uuid(Date.parse("2026-11-23T12:00:00Z")),
    timestamp: "2026-11-23T12:00:00Z",
    received_at: "2026-11-23T12:00:01Z",
    provider: "openai",
    model: "gpt-4o",
    api: "chat",
    api_key: 1,
    input_tokens: 5000,
    output_tokens: 300,
    cost: "0.013",
    price_status: "priced",
    billing: "metered",
    status: "ok",
    latency_ms: 900,
    feature: "search",
    customer: null,
    user: null,
    team: null,
    project: null,
    environment: null,
    release: null,
    tags: null,
    ...over,
  };
}

export function eventInFull(over: Partial<EventInFull>): EventInFull {
  return {
    ...liveEvent({}),
    tokens: {
      input: 3000,
      cache_read: 2000,
      cache_write_5m: 0,
      cache_write_1h: 0,
      input_audio: 0,
      cache_audio_read: 0,
      input_image: 0,
      output: 300,
      output_audio: 0,
      output_image: 0,
      reasoning: 50,
    },
    units: null,
    computed_cost: "0.013",
    tool_cost: null,
    reported_cost: null,
    original: null,
    reported_by: null,
    price_rule: "exact",
    price_id: 7,
    quarantine_reason: null,
    service_tier: null,
    processing: null,
    region: null,
    response_id: null,
    input_chars: null,
    output_chars: null,
    output_chunks: null,
    session_id: null,
    trace_id: null,
    span_id: null,
    parent_span_id: null,
    process_id: null,
    seq: null,
    usage: null,
    metadata: null,
    adjustments: [],
    sender: null,
    same_response: [],
    price: {
      provider: "openai",
      model: "gpt-4o",
      context: "",
      layer: "catalogue",
      source: "list",
      valid_from: null,
      valid_until: null,
      rates: { tokens: { input: "2.5", cache_read: "1.25", output: "10" } },
    },
    ...over,
  };
}
