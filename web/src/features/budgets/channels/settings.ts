/** The settings of each kind of channel: what a form asks for, what the API takes, how they are shown. */
import { z } from "zod";
import { usualKinds, type ChannelKind, type WantedKind } from "../kinds";
import type { Channel } from "../reads";

const MOST_ADDRESSES = 20;
const LONGEST_NAME = 100;

/** What stands in the form of a channel. Which of the three targets counts follows from the kind. */
export const schema = z
  .object({
    kind: z.enum(["email", "slack", "teams", "discord", "pagerduty", "webhook"]),
    name: z.string().trim().max(LONGEST_NAME, `At most ${LONGEST_NAME} characters.`),
    to: z.string(),
    url: z.string().trim(),
    routing_key: z.string().trim(),
    europe: z.boolean(),
    kinds: z.array(z.enum(["budget_crossing", "budget_forecast", "spend_anomaly", "report"])),
    /** An existing channel keeps its target, which is shown masked only. */
    keep: z.boolean(),
  })
  .superRefine((values, context) => {
    if (values.keep) return;
    const problem = problemOf(values);
    if (problem !== null) {
      context.addIssue({ code: "custom", path: [targetField(values.kind)], message: problem });
    }
  });

export type Values = z.infer<typeof schema>;

const EUROPE = new URL("https://events.eu.pagerduty.com/v2/enqueue");

/** Return what stands in the form at first: of a channel, or for a new one. */
export function valuesOf(channel: Channel | null): Values {
  const kind = channel?.kind ?? "email";
  const url = channel?.settings.url;
  return {
    kind,
    name: channel?.name ?? "",
    to: "",
    url: "",
    routing_key: "",
    // Of a masked URL the host can be read: another key does not move the account.
    europe: typeof url === "string" && url.startsWith(`${EUROPE.origin}/`),
    kinds: channel === null ? usualKinds(kind) : (channel.kinds as WantedKind[]),
    keep: channel !== null,
  };
}

/** Which field of the form has the target of a kind. */
export function targetField(kind: ChannelKind): "to" | "url" | "routing_key" {
  if (kind === "email") return "to";
  return kind === "pagerduty" ? "routing_key" : "url";
}

function problemOf({ kind, to, url, routing_key }: Values): string | null {
  switch (targetField(kind)) {
    case "to": {
      const addresses = addressesOf(to);
      if (addresses.length === 0) return "At least one address.";
      if (addresses.length > MOST_ADDRESSES) return `At most ${MOST_ADDRESSES} addresses.`;
      const wrong = addresses.find((each) => !/^[^\s@]+@[^\s@]+$/.test(each));
      return wrong === undefined ? null : `“${wrong}” is no e-mail address.`;
    }
    case "url":
      return /^https?:\/\/\S+$/i.test(url) ? null : "A URL that begins with https://.";
    case "routing_key":
      return /^[A-Za-z0-9]{32}$/.test(routing_key)
        ? null
        : "The integration key has 32 letters and digits.";
  }
}

/** Return the settings that the API takes. */
export function toSettings({
  kind,
  to,
  url,
  routing_key,
  europe,
}: Values): Record<string, unknown> {
  switch (targetField(kind)) {
    case "to":
      return { to: addressesOf(to) };
    case "url":
      return { url };
    case "routing_key":
      return europe ? { routing_key, url: EUROPE.href } : { routing_key };
  }
}

/** Read addresses that are separated by commas, spaces or lines, each once. */
export function addressesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((each) => each !== ""))];
}

/** Say where a channel leads; secrets come masked from the API. */
export function targetOf({ settings }: Pick<Channel, "settings">): string {
  const { to, url, routing_key: key } = settings;
  if (Array.isArray(to)) return to.join(", ");
  if (typeof key === "string") return typeof url === "string" ? `${key} (${url})` : key;
  return typeof url === "string" ? url : "";
}
