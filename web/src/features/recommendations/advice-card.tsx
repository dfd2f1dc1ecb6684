import { Link } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Money } from "@/components/money";
import { Badge, type Tone } from "@/components/ui/badge";
import { many, percent } from "@/lib/numbers";
import { instant } from "@/lib/times";
import { Decide } from "./decide";
import { readEvidence } from "./evidence";
import { EvidenceView } from "./evidence-view";
import { eventsQuery } from "./events-link";
import { KINDS } from "./kinds";
import type { Recommendation } from "./reads";
import { VerifiedView } from "./verified-view";
import { whatIfQuery } from "./what-if/from-advice";

interface AdviceCardProps {
  advice: Recommendation;
  place: number;
  /** Titles of what is on the screen, by id. */
  titles: ReadonlyMap<string, string>;
}

const EFFORTS: Readonly<Record<Recommendation["effort"], readonly [Tone, string]>> = {
  low: ["good", "Low effort"],
  medium: ["neutral", "Medium effort"],
  high: ["warn", "High effort"],
};

/** One recommendation: what to do, what it saves, how sure that is, and what it rests on. */
export function AdviceCard({ advice, place, titles }: AdviceCardProps) {
  const { id: workspace, zone } = useWorkspace();
  const { saving, confidence, sample, effort } = advice;
  const [effortTone, effortWords] = EFFORTS[effort];
  const evidence = readEvidence(advice.evidence);
  const whatIf = whatIfQuery(advice, zone);
  const heading = `advice-${advice.id}`;
  const linkLook = "inline-flex min-h-6 items-center text-accent hover:underline";
  return (
    <article
      aria-labelledby={heading}
      className="grid min-w-0 gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3">
        <div className="grid min-w-0 flex-1 basis-72 gap-1.5">
          <div className="flex flex-wrap items-center gap-1.5">
            <span aria-hidden className="figures text-xs text-muted">
              {place}
            </span>
            <Badge tone="accent">{KINDS[advice.kind]}</Badge>
            <Badge tone={effortTone}>{effortWords}</Badge>
            {!advice.current && <Badge tone="warn">No longer so</Badge>}
          </div>
          <h2 id={heading} className="text-base font-semibold [overflow-wrap:anywhere]">
            <bdi>{advice.title}</bdi>
          </h2>
        </div>
        <div className="min-w-40 sm:text-right">
          <div className="text-xs text-muted">Likely saving in 30 days</div>
          <Money amount={saving.likely} className="text-xl font-semibold" />
          <div className="text-xs text-muted">
            <Money amount={saving.low} /> to <Money amount={saving.high} />
          </div>
        </div>
      </header>
      <p className="max-w-4xl [overflow-wrap:anywhere]">{advice.why}</p>
      <dl className="grid gap-x-6 gap-y-1.5 text-sm sm:grid-cols-[7rem_minmax(0,1fr)] [&_dt]:text-muted">
        <dt>Confidence</dt>
        <dd className="[overflow-wrap:anywhere]">
          <span className="figures font-medium">{percent(confidence)}</span>
          <span className="text-muted"> · {advice.confidence_reason}</span>
        </dd>
        <dt>Risk</dt>
        <dd>{advice.risk}</dd>
        <dt>Sample</dt>
        <dd>
          {many(sample.calls, "call")} on {many(sample.days, "day")}
        </dd>
        <Overlaps ids={advice.overlaps} titles={titles} />
      </dl>
      {!advice.current && (
        <p className="text-sm text-muted">
          The calls of the last 30 days would not lead to it any more.
        </p>
      )}
      <EvidenceView evidence={evidence} />
      {advice.verified !== null && <VerifiedView verified={advice.verified} />}
      {advice.decided_at !== null && (
        <p className="text-xs [overflow-wrap:anywhere] text-muted">
          {DECIDED[advice.state]} {instant(advice.decided_at, zone)}
          {advice.until !== null && `, until ${instant(advice.until, zone)}`}
          {advice.note !== null && advice.note !== "" && (
            <>
              : “<bdi>{advice.note}</bdi>”
            </>
          )}
        </p>
      )}
      <footer className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex flex-wrap gap-x-4 text-sm">
          {evidence.events !== null && (
            <Link
              to={`/w/${workspace}/events?${eventsQuery(evidence.events, zone)}`}
              className={linkLook}
            >
              See these calls
            </Link>
          )}
          {whatIf !== null && (
            <Link to={`/w/${workspace}/recommendations?${whatIf}`} className={linkLook}>
              Compare models
            </Link>
          )}
        </div>
        <Decide advice={advice} />
      </footer>
    </article>
  );
}

const DECIDED: Readonly<Record<Recommendation["state"], string>> = {
  open: "Opened",
  accepted: "Accepted",
  snoozed: "Snoozed",
  dismissed: "Dismissed",
};

function Overlaps({
  ids,
  titles,
}: {
  ids: readonly string[];
  titles: ReadonlyMap<string, string>;
}) {
  if (ids.length === 0) return null;
  const named = ids.filter((id) => titles.has(id));
  const elsewhere = ids.length - named.length;
  return (
    <>
      <dt>Overlaps</dt>
      <dd className="min-w-0">
        Saves some of the same money as{" "}
        {named.map((id, n) => (
          <span key={id}>
            {n > 0 && ", "}
            <a
              href={`#${id}`}
              className="[overflow-wrap:anywhere] text-accent underline underline-offset-2"
            >
              {titles.get(id)}
            </a>
          </span>
        ))}
        {elsewhere > 0 &&
          (named.length > 0 ? ` and ${many(elsewhere, "other")}` : many(elsewhere, "other"))}
        : do not add these up.
      </dd>
    </>
  );
}
