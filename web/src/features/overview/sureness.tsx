import { CircleHelp, FileQuestion, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Summary } from "@/api/costs";
import { useLive } from "@/api/live";
import { useMay, useWorkspace } from "@/api/workspace";
import { format } from "@/lib/money";
import { duration, many, percent } from "@/lib/numbers";
import type { Range } from "@/lib/ranges";
import { writeRange } from "@/lib/ranges";
import { clock } from "@/lib/times";
import { basesOf, doubtsOf, type Doubt } from "./confidence";
import { exploreLink } from "./explore-links";

/** How fresh the figures are, what they rest on, and which calls are in none of them. */
export function Sureness({ summary, range }: { summary: Summary; range: Range }) {
  const bases = basesOf(summary);
  const doubts = doubtsOf(summary);
  return (
    <section aria-label="How sure these figures are" className="grid gap-2">
      <div className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        <Freshness summary={summary} />
        {bases.length > 0 && (
          <span>
            {bases.map(({ status, words, amount, fraction }, place) => (
              <span key={status} title={format(amount)}>
                {place > 0 && ", "}
                {percent(fraction)} {words}
              </span>
            ))}
          </span>
        )}
        {doubts.length === 0 && <span>Every call has a known cost</span>}
      </div>
      {doubts.length > 0 && (
        <ul className="grid gap-1.5">
          {doubts.map((doubt) => (
            <DoubtLine key={doubt.status} doubt={doubt} range={range} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Freshness({ summary: { freshness: read } }: { summary: Summary }) {
  const { zone } = useWorkspace();
  const { state, spend } = useLive();
  const told = spend?.freshness;
  const freshness = told !== undefined && told.as_of > read.as_of ? told : read;
  const { backlog, oldest_unprocessed_seconds: oldest } = freshness;
  return (
    <span>
      {state.kind === "live" ? "Live, last read " : "As of "}
      <time dateTime={freshness.as_of} className="figures">
        {clock(freshness.as_of, zone)}
      </time>
      {backlog === null
        ? "; how many calls wait is not known at the moment"
        : backlog > 0
          ? `; ${many(backlog, "request")} of calls wait to be counted, the oldest for ${duration((oldest ?? 0) * 1000)}`
          : "; nothing waits to be counted"}
    </span>
  );
}

const KINDS: Record<Doubt["status"], { icon: LucideIcon; what: string; why: string }> = {
  unpriced: {
    icon: CircleHelp,
    what: "without a known price",
    why: "No price is known for their model, so no sum has them. They are priced by themselves once there is one.",
  },
  missing: {
    icon: FileQuestion,
    what: "without usage",
    why: "They came without token counts, so no sum has them. Streams need their usage asked for.",
  },
  quarantined: {
    icon: TriangleAlert,
    what: "with usage that contradicts itself",
    why: "Their token counts cannot be right, so no sum has them until somebody has looked.",
  },
};

function DoubtLine({ doubt: { status, events, tokens }, range }: { doubt: Doubt; range: Range }) {
  const { id } = useWorkspace();
  const { administer } = useMay();
  const { icon: Icon, what, why } = KINDS[status];
  const by = exploreLink(id, range, { by: "model", filters: { price_status: [status] } });
  const calls = `/w/${String(id)}/events?range=${writeRange(range)}&price_status=${status}`;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md bg-warn-soft px-3 py-2 text-sm">
      <Icon aria-hidden className="size-4 shrink-0 text-warn" />
      <span className="min-w-0 flex-1 basis-72">
        <strong className="font-medium">
          {many(events, "call")} {what}
        </strong>
        {tokens > 0 && <span className="text-muted"> ({many(tokens, "token")})</span>}.{" "}
        <span className="text-muted">{why}</span>
      </span>
      <span className="flex flex-wrap gap-x-3 text-accent">
        <Way to={by}>Which models</Way>
        {status === "unpriced" && administer && (
          <Way to={`/w/${String(id)}/prices`}>Give them a price</Way>
        )}
        {status !== "unpriced" && <Way to={calls}>See the calls</Way>}
      </span>
    </li>
  );
}

function Way({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className="inline-flex min-h-6 items-center font-medium hover:underline">
      {children}
    </Link>
  );
}
