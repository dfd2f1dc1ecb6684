import { capital } from "@/lib/sentences";
/** What the audit log's entries say, for people. */

const ACTIONS: Readonly<Record<string, string>> = {
  alert_acknowledged: "Acknowledged an alert",
  budget_changed: "Changed a budget",
  budget_created: "Made a budget",
  budget_deleted: "Deleted a budget",
  channel_changed: "Changed a channel",
  channel_created: "Made a channel",
  channel_removed: "Removed a channel",
  channel_secret_rotated: "Rotated a channel's secret",
  channel_tested: "Tested a channel",
  "dead_letters.drop": "Dropped dead letters",
  "dead_letters.replay": "Replayed dead letters",
  delivery_retried: "Sent a message again",
  invitation_accepted: "Accepted an invitation",
  invitation_taken_back: "Revoked an invitation",
  invited: "Made an invitation",
  key_created: "Created an API key",
  key_revoked: "Revoked an API key",
  key_rotated: "Rotated an API key",
  logged_out: "Logged out",
  member_left: "Left the workspace",
  member_removed: "Removed a member",
  notification_settings_changed: "Changed what is notified",
  password_changed: "Changed their password",
  price_mapping_removed: "Removed a model's mapping",
  price_mapping_set: "Mapped a model to another's price",
  price_replaced: "Replaced a price",
  price_set: "Set a price",
  price_withdrawn: "Withdrew a price",
  recommendation_accepted: "Accepted a recommendation",
  recommendation_dismissed: "Dismissed a recommendation",
  recommendation_reopened: "Reopened a recommendation",
  repricing_asked: "Asked for a repricing",
  role_changed: "Changed a role",
  signed_up: "Signed up",
  workspace_changed: "Changed the workspace",
  workspace_made: "Made the workspace",
};

/** Return an action in words; one that has none is its own name, readable. */
export function actionOf(action: string): string {
  if (Object.hasOwn(ACTIONS, action)) return ACTIONS[action] ?? action;
  return capital(action.replaceAll(/[._]/g, " "));
}

/** Return who did it. */
export function actorOf(actor: string, email: string | null): string {
  if (email !== null) return email;
  const [kind = "", ...rest] = actor.split(":");
  const name = rest.join(":");
  switch (kind) {
    case "user":
      return `Account ${name}, which is gone`;
    case "key":
      return `API key ${name}`;
    case "operator":
      return name === "" ? "The operator" : `The operator, ${name}`;
    default:
      return `LLMLab (${actor})`;
  }
}

/** Return what else an entry holds, a line each; nothing in depth is spelled out. */
export function detailsOf(details: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === "") return [];
    const text = Array.isArray(value) ? value.map(plain).join(", ") : plain(value);
    return [`${name.replaceAll("_", " ")}: ${text}`];
  });
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
