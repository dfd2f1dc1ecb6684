/** The kinds of alerts and channels, as people call them. */
import type { Schemas } from "@llmlab/client";

export type AlertKind = "budget_crossing" | "budget_forecast" | "spend_anomaly";
export type WantedKind = AlertKind | "report";
export type ChannelKind = Schemas["Channel"]["kind"];

export const ALERT_KINDS: Readonly<Record<AlertKind, string>> = {
  budget_crossing: "Budget passed",
  budget_forecast: "Budget will be passed",
  spend_anomaly: "Day that stands out",
};

export const WANTED_KINDS: Readonly<Record<WantedKind, string>> = {
  budget_crossing: "Budgets that pass a threshold",
  budget_forecast: "Budgets that will be used up",
  spend_anomaly: "Days that stand out",
  report: "Weekly and monthly reports",
};

export const CHANNEL_KINDS: Readonly<Record<ChannelKind, string>> = {
  email: "E-mail",
  slack: "Slack",
  teams: "Microsoft Teams",
  discord: "Discord",
  pagerduty: "PagerDuty",
  webhook: "Webhook",
};

/** What a channel of a kind is told of unless somebody chooses: incidents are no place for reports. */
export function usualKinds(kind: ChannelKind): WantedKind[] {
  if (kind === "pagerduty") return ["budget_crossing", "spend_anomaly"];
  return Object.keys(WANTED_KINDS) as WantedKind[];
}
