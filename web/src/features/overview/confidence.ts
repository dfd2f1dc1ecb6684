/** How sure a total is: what it rests on, and what is not in it. */
import type { Summary } from "@/api/costs";
import { isZero, share, sum, type Money } from "@/lib/money";

export interface Basis {
  status: "priced" | "reported" | "estimated";
  words: string;
  amount: Money;
  fraction: number;
}

const WORDS = {
  priced: "priced by the list",
  reported: "reported by the provider",
  estimated: "estimated",
} as const;

/** Return what the spend rests on, the parts that are there; none where nothing was spent. */
export function basesOf({ confidence }: Summary): Basis[] {
  const whole = sum([confidence.priced, confidence.reported, confidence.estimated]);
  return (["priced", "reported", "estimated"] as const)
    .filter((status) => !isZero(confidence[status]))
    .map((status) => ({
      status,
      words: WORDS[status],
      amount: confidence[status],
      fraction: share(confidence[status], whole) ?? 0,
    }));
}

export interface Doubt {
  status: "unpriced" | "missing" | "quarantined";
  events: number;
  tokens: number;
}

/** Return what is in no sum because its cost is not known, as far as there is any. */
export function doubtsOf({ confidence }: Summary): Doubt[] {
  return (["unpriced", "missing", "quarantined"] as const)
    .map((status) => ({ status, ...confidence[status] }))
    .filter(({ events }) => events > 0);
}
