import { z } from "zod";

/** An e-mail address, as far as a form can tell: the API takes whatever a mail could be sent to. */
export const email = z
  .string()
  .trim()
  .min(1, "Type your e-mail address.")
  .max(254, "An e-mail address has at most 254 characters.")
  .regex(/^[^\s@]+@[^\s@]+$/, "That is no e-mail address, such as ada@example.com.");
