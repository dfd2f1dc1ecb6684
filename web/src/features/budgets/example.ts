/** A budget, a channel, a delivery, an alert and settings as the API answers them, for tests. */
import type { Schemas } from "@llmlab/client";
import type { Delivery } from "./deliveries";
import type { BudgetInFull, Channel } from "./reads";
import type { Settings } from "./reports/values";

export function budget(changes: Partial<BudgetInFull> = {}): BudgetInFull {
  return {
    id: 3,
    name: "Search",
    scope: { feature: "search" },
    each: null,
    period: "month",
    month: null,
    period_start: "2026-11-01",
    period_end: "2026-12-01",
    counts_from: "2026-11-01",
    budget_amount: "60",
    amounts: [{ from: "2026-11-01", amount: "60" }],
    thresholds: ["0.5", "0.8", "1"],
    spent: "33.5",
    alert_sent: false,
    in_force: true,
    paused: false,
    channels: [],
    alerts: [],
    alerts_count: 0,
    notes: [],
    outlook: null,
    ...changes,
  };
}

export function channel(changes: Partial<Channel> = {}): Channel {
  return {
    id: 2,
    name: "Ops",
    kind: "webhook",
    settings: { url: "https://example.com/…", secret: "whsec_…abcd" },
    kinds: ["budget_crossing"],
    paused: false,
    paused_at: null,
    created_at: "2026-11-01T00:00:00Z",
    last_delivery: null,
    problem: null,
    ...changes,
  };
}

export function delivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    id: 31,
    alert_id: 12,
    kind: "budget_crossing",
    title: null,
    channel: { id: 2, name: "Ops", kind: "webhook" },
    status: "waiting",
    paused: false,
    attempts: 0,
    next_attempt_at: null,
    last_error: null,
    sent_at: null,
    created_at: "2026-11-28T11:59:00Z",
    ...changes,
  };
}

export function alert(changes: Partial<Schemas["Alert"]> = {}): Schemas["Alert"] {
  return {
    id: 12,
    kind: "budget_crossing",
    title: "Search passed 80 % of $60.00",
    severity: "warning",
    summary: "Acme has spent $48.10 of $60.00.",
    link: null,
    data: { budget_id: 3 },
    created_at: "2026-11-28T11:59:00Z",
    acknowledged_at: null,
    acknowledged_by: null,
    deliveries: [],
    ...changes,
  };
}

export function reportSettings(changes: Partial<Settings> = {}): Settings {
  return {
    forecasts: true,
    anomalies: true,
    anomaly_minimum: "10",
    weekly_report: true,
    monthly_report: true,
    team_reports: true,
    report_channels: null,
    team_channels: {},
    ...changes,
  };
}
