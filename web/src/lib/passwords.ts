/** What the API asks of a password, said before it is broken. */
import { z } from "zod";

const SHORTEST = 8;
const LONGEST = 1024;

export const PASSWORD_RULE = `At least ${String(SHORTEST)} characters. A few words that only you would put together are best.`;

/** A password that is to be set. Characters are counted as the API does: an emoji is one. */
export const newPassword = z
  .string()
  .refine((password) => Array.from(password).length >= SHORTEST, {
    error: `A password has at least ${String(SHORTEST)} characters.`,
  })
  .refine((password) => Array.from(password).length <= LONGEST, {
    error: `A password has at most ${String(LONGEST)} characters.`,
  });
