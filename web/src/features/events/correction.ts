/** What a person states of a call's usage: the form's fields, and what the API takes of them. */
import { z } from "zod";
import type { Schemas } from "@llmlab/client";

/** The flat names of events; totals include their parts. */
export const COUNTS = [
  { name: "input_tokens", label: "Input tokens in all" },
  { name: "output_tokens", label: "Output tokens in all" },
  { name: "cache_read_tokens", label: "Read from the cache" },
  { name: "cache_write_tokens", label: "Written to the cache" },
  { name: "cache_write_1h_tokens", label: "Written for an hour" },
  { name: "input_audio_tokens", label: "Audio input" },
  { name: "cache_audio_read_tokens", label: "Audio from the cache" },
  { name: "input_image_tokens", label: "Image input" },
  { name: "output_audio_tokens", label: "Audio output" },
  { name: "output_image_tokens", label: "Image output" },
  { name: "reasoning_tokens", label: "Reasoning" },
] as const;

type CountName = (typeof COUNTS)[number]["name"];
export type CorrectForm = Record<CountName | "reason", string>;

const MOST = 1e12;
const count = z
  .string()
  .transform((text) => text.replaceAll(/[\s,_]/g, ""))
  .refine((text) => /^\d*$/.test(text), "A whole number, such as 1200.")
  .refine((text) => Number(text) <= MOST, "At most 1,000,000,000,000.");

export const FORM = z
  .object({
    ...(Object.fromEntries(COUNTS.map(({ name }) => [name, count])) as Record<
      CountName,
      typeof count
    >),
    reason: z.string().trim().min(1, "Say why: it is kept with the change.").max(500),
  })
  .refine((form) => form.input_tokens !== "" || form.output_tokens !== "", {
    path: ["input_tokens"],
    error: "State at least one of the two totals.",
  });

export function emptyForm(): CorrectForm {
  return Object.fromEntries([
    ...COUNTS.map(({ name }) => [name, ""]),
    ["reason", ""],
  ]) as CorrectForm;
}

/** Return the request: what was left empty is not stated. */
export function bodyOf({ reason, ...counts }: CorrectForm): Schemas["CorrectRequest"] {
  const stated = Object.entries(counts).filter(([, text]) => text !== "");
  return {
    ...Object.fromEntries(stated.map(([name, text]) => [name, Number(text)])),
    reason,
  };
}
