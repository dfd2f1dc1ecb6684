/** What may be set of a workspace, and what of it changed. */
import { z } from "zod";
import { isZone } from "@/lib/times";

export const MOST_TAGS = 5;

export const settingsSchema = z.object({
  name: z.string().trim().min(1, "A workspace has a name.").max(100),
  timezone: z.string().refine(isZone, "Choose one of the zones in the list."),
  tags: z.array(z.string().min(1).max(256)).max(MOST_TAGS),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Return what differs, as the API takes it: what is left out stays. */
export function changesOf(stored: Settings, wanted: Settings): Partial<Settings> {
  return {
    ...(stored.name === wanted.name ? {} : { name: wanted.name }),
    ...(stored.timezone === wanted.timezone ? {} : { timezone: wanted.timezone }),
    ...(JSON.stringify(stored.tags) === JSON.stringify(wanted.tags) ? {} : { tags: wanted.tags }),
  };
}

/** Say whether the past has to be counted anew for it. */
export function countsAnew(changes: Partial<Settings>): boolean {
  return changes.timezone !== undefined || changes.tags !== undefined;
}

/** Say what is wrong with one more tag key, or null. */
export function tagProblem(key: string, keys: readonly string[]): string | null {
  if (key === "") return "Type the tag's key, such as plan.";
  if (key.length > 256) return "A key has at most 256 characters.";
  if (key.includes(",")) return "A key with a comma cannot be counted by.";
  if (keys.includes(key)) return "That one is declared already.";
  if (keys.length >= MOST_TAGS) return `At most ${String(MOST_TAGS)} tags can be declared.`;
  return null;
}
