import type { Schemas } from "@llmlab/client";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { count, many } from "@/lib/numbers";
import { instant } from "@/lib/times";

type WhatIf = Schemas["WhatIf"];

const REASONS: Readonly<Record<WhatIf["left_out"][number]["reason"], string>> = {
  no_token_counts: "without trustworthy token counts",
  not_metered: "not metered (subscription, provisioned)",
  free: "free",
  unpriced: "without a price of their own",
};

/** What the calls really cost: what all models are compared with. */
export function Actual({ answer: { actual } }: { answer: WhatIf }) {
  const look = "grid gap-0.5 [&>dt]:text-xs [&>dt]:text-muted [&>dd]:font-medium";
  return (
    <dl className="grid grid-cols-2 gap-4 border-y border-line px-4 py-3 sm:grid-cols-4">
      <div className={look}>
        <dt>Really spent</dt>
        <dd>
          <Money amount={actual.spend} />
        </dd>
      </div>
      <div className={look}>
        <dt>Calls of known cost</dt>
        <dd className="figures">{count(actual.calls)}</dd>
      </div>
      <div className={look}>
        <dt>A call</dt>
        <dd>
          <Money amount={actual.spend_per_call} />
        </dd>
      </div>
      <div className={look}>
        <dt>Longest input</dt>
        <dd className="figures">
          {actual.largest_input_tokens === null
            ? "not known"
            : `${count(actual.largest_input_tokens)} tokens`}
        </dd>
      </div>
    </dl>
  );
}

/** What is in no amount, and what the figures rest on. */
export function LeftOut({ answer }: { answer: WhatIf }) {
  const { zone } = useWorkspace();
  const { left_out, basis, actual, at } = answer;
  return (
    <div className="grid gap-1 px-4 pb-4 text-xs text-muted">
      {left_out.length > 0 && (
        <p>
          Left out:{" "}
          {left_out
            .map(({ reason, calls }) => `${many(calls, "call")} ${REASONS[reason]}`)
            .join(", ")}
          .
        </p>
      )}
      {basis === "rollups" && (
        <p>
          So many calls are priced from daily sums, which do not know how calls were processed: all
          count as standard.
        </p>
      )}
      {actual.fees === null && (
        <p>
          Fees of searches and the like cannot be told apart here, so that no difference is shown:
          costs are of tokens alone.
        </p>
      )}
      <p>
        By the prices of {instant(at, zone)}. Other providers cut the same text into other numbers
        of tokens, and whether another model answers as well is not measured.
      </p>
    </div>
  );
}
