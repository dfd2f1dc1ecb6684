/** The form of what is told beside budgets: what it holds, and what it changes. */
import type { Schemas } from "@llmlab/client";
import { z } from "zod";
import { compare } from "@/lib/money";
import { amountField } from "../form/values";

export type Settings = Schemas["SettingsAnswer"];

const LONGEST = 256;
const MOST_TEAMS = 200;

export const SWITCHES = [
  ["forecasts", "Budgets that will be used up", "Told once, when the forecast says so."],
  [
    "anomalies",
    "Days that stand out",
    "A model, feature, customer or user that costs far more than on such a day.",
  ],
  ["weekly_report", "Weekly report", "On Mondays at 08:00."],
  ["monthly_report", "Monthly report", "On the first of the month at 08:00."],
  [
    "team_reports",
    "A report for each team",
    "Each team that had spend, with nothing of the others.",
  ],
] as const;

const fields = z.object({
  forecasts: z.boolean(),
  anomalies: z.boolean(),
  anomaly_minimum: amountField,
  weekly_report: z.boolean(),
  monthly_report: z.boolean(),
  team_reports: z.boolean(),
  /** Where reports go: wherever they are wanted, to chosen channels, or nowhere. */
  where: z.enum(["wanted", "chosen", "nowhere"]),
  report_channels: z.array(z.number()),
  team_channels: z
    .array(
      z.object({
        team: z.string().trim().min(1, "Which team?").max(LONGEST),
        channels: z.array(z.number()).min(1, "At least one channel."),
      }),
    )
    .max(MOST_TEAMS)
    .refine(
      (lines) => new Set(lines.map(({ team }) => team)).size === lines.length,
      "A team is listed twice.",
    ),
});

export const schema = fields.refine(
  ({ where, report_channels: chosen }) => where !== "chosen" || chosen.length > 0,
  { path: ["report_channels"], error: "At least one channel." },
);

export type Values = z.input<typeof schema>;

/** Return the form of settings. */
export function toValues(settings: Settings): Values {
  const { report_channels: chosen, team_channels, ...rest } = settings;
  return {
    ...rest,
    where: chosen === null ? "wanted" : chosen.length === 0 ? "nowhere" : "chosen",
    report_channels: chosen ?? [],
    team_channels: Object.entries(team_channels).map(([team, channels]) => ({ team, channels })),
  };
}

/** Return the settings that a form asks for and that are not so already. */
export function changesOf(before: Settings, values: z.output<typeof schema>): Partial<Settings> {
  const { where, report_channels, team_channels, anomaly_minimum, ...switches } = values;
  const after: Settings = {
    ...switches,
    anomaly_minimum:
      compare(anomaly_minimum, before.anomaly_minimum) === 0
        ? before.anomaly_minimum
        : anomaly_minimum,
    report_channels: where === "wanted" ? null : where === "nowhere" ? [] : report_channels,
    team_channels: Object.fromEntries(team_channels.map(({ team, channels }) => [team, channels])),
  };
  const names = Object.keys(after) as (keyof Settings)[];
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]))
      .map((name) => [name, after[name]]),
  );
}
