/** The labels that a key gives to calls which do not say them: as rows of a form, and as the API has them. */
import type { Schemas } from "@llmlab/client";
import { z } from "zod";

export type Defaults = Schemas["KeyDefaults"];

/** What a row may be about; `tag` has a key of its own. */
export const LABELS = {
  feature: "Feature",
  customer: "Customer",
  user: "User",
  team: "Team",
  project: "Project",
  environment: "Environment",
  release: "Release",
  session_id: "Session",
  tag: "Tag",
} as const;

export type Label = keyof typeof LABELS;

export const LABEL_NAMES = Object.keys(LABELS) as Label[];

const rowSchema = z
  .object({
    label: z.enum(LABEL_NAMES),
    key: z.string().max(256, "A tag's key has at most 256 characters."),
    value: z.string().min(1, "Type a value.").max(256, "A value has at most 256 characters."),
  })
  .refine(({ label, key }) => label !== "tag" || key !== "", {
    error: "Type the tag's key.",
    path: ["key"],
  });

export type Row = z.infer<typeof rowSchema>;

export const rowsSchema = z.array(rowSchema).superRefine((rows, context) => {
  const seen = new Set<string>();
  for (const [place, row] of rows.entries()) {
    const name = nameOf(row);
    if (seen.has(name)) {
      context.addIssue({
        code: "custom",
        message: "This one is set above already.",
        path: [place, "value"],
      });
    }
    seen.add(name);
  }
});

export function toDefaults(rows: readonly Row[]): Defaults {
  const tags = rows.filter(({ label }) => label === "tag");
  const plain = rows.filter(({ label }) => label !== "tag");
  return {
    ...Object.fromEntries(plain.map(({ label, value }) => [label, value])),
    ...(tags.length === 0
      ? {}
      : { tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }),
  };
}

/** Return a stored key's labels as `[name, value]`, whatever else the answer holds. */
export function labelsOf(defaults: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(defaults).flatMap(([name, value]): [string, string][] => {
    if (typeof value === "string") return [[nameOfLabel(name), value]];
    if (name !== "tags" || typeof value !== "object" || value === null) return [];
    return Object.entries(value).map(([key, each]) => [`Tag ${key}`, String(each)]);
  });
}

function nameOf({ label, key }: Row): string {
  return label === "tag" ? `tag.${key}` : label;
}

function nameOfLabel(name: string): string {
  return Object.hasOwn(LABELS, name) ? LABELS[name as Label] : name;
}
