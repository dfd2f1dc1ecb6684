import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { isFinished, sayActor, useRepricing, type RepricingDetails } from "@/api/repricing";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { QueryView } from "@/components/query-view";
import { ReasonDialog } from "@/components/reason-dialog";
import { RepricingState } from "@/components/repricing-state";
import { Badge } from "@/components/ui/badge";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { instant } from "@/lib/times";
import { Frame, usePricesPath } from "./frame";
import type { PriceStatus } from "./reprice-form";
import { DayChanges, ModelChanges, StatusChanges } from "./repricing-changes";
import { saySelection, stateOf, titleOf } from "./repricing-words";

/** One repricing: how far it is, what it changes, and the ways on: doing what was previewed, undoing. */
export default function RepricingPage() {
  const { id = "" } = useParams();
  const number = /^[1-9]\d{0,15}$/.test(id) ? Number(id) : null;
  const repricing = useRepricing(number);
  const base = usePricesPath();
  if (number === null) {
    return (
      <Frame title="Repricing">
        <Empty
          title="There is no such repricing"
          action={<ButtonLink to={`${base}/repricings`}>All repricings</ButtonLink>}
        >
          This link does not name one.
        </Empty>
      </Frame>
    );
  }
  return (
    <Frame title={repricing.data === undefined ? "Repricing" : titleOf(repricing.data)}>
      <QueryView query={repricing} skeleton={<Waiting />}>
        {(data) => (
          <>
            <Card title="State">
              <div className="grid max-w-2xl gap-3 text-sm">
                <RepricingState query={repricing} />
                <About repricing={data} />
                {isFinished(data) && <Ways repricing={data} />}
              </div>
            </Card>
            {data.by_model.length > 0 && <ModelChanges changes={data.by_model} />}
            {data.by_status.length > 0 && <StatusChanges changes={data.by_status} />}
            {data.by_day.length > 0 && <DayChanges changes={data.by_day} />}
          </>
        )}
      </QueryView>
    </Frame>
  );
}

function About({ repricing }: { repricing: RepricingDetails }) {
  const { zone } = useWorkspace();
  const { word, tone } = stateOf(repricing);
  return (
    <div className="grid gap-1 text-muted">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={tone}>{word}</Badge>
        <bdi className="break-words">{saySelection(repricing, zone)}</bdi>
      </p>
      {repricing.reason !== "" && <bdi className="break-words">“{repricing.reason}”</bdi>}
      <p className="text-xs">
        Asked for by {sayActor(repricing.actor)}, {instant(repricing.created_at, zone)}
        {repricing.finished_at !== null && `; finished ${instant(repricing.finished_at, zone)}`}
      </p>
    </div>
  );
}

function Ways({ repricing }: { repricing: RepricingDetails }) {
  const { administer } = useMay();
  const base = usePricesPath();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<"apply" | "undo" | null>(null);
  const onDone = (next: { id: number } | undefined) => {
    setAsking(null);
    if (next !== undefined) void navigate(`${base}/repricings/${String(next.id)}`);
  };
  const apply = useDeed(
    (api, reason: string) => {
      const { from, to, provider, model, price_status: statuses } = repricing.selection;
      if (repricing.kind === "release") {
        return api.POST("/api/costs/release", {
          body: { from, to, provider, model, ids: repricing.selection.ids, reason, dry_run: false },
        });
      }
      return api.POST("/api/prices/reprice", {
        body: {
          // A preview of pricing again always has both.
          from: from ?? "",
          to: to ?? "",
          provider,
          model,
          price_status: statuses as PriceStatus[],
          reason,
          dry_run: false,
        },
      });
    },
    { quiet: true, onDone },
  );
  const undo = useDeed(
    (api, reason: string) =>
      api.POST("/api/prices/repricings/{repricing_id}/undo", {
        params: { path: { repricing_id: repricing.id } },
        body: { reason },
      }),
    { quiet: true, onDone },
  );
  if (repricing.status !== "done" || repricing.changed === 0) return null;
  if (!administer) {
    return (
      <p className="text-xs text-muted">
        An admin of the workspace can {repricing.dry_run ? "do this" : "undo this"}.
      </p>
    );
  }
  const undoable = !repricing.dry_run && repricing.kind !== "undo";
  return (
    <div className="flex flex-wrap gap-2">
      {repricing.dry_run && (
        <Button tone="primary" onClick={() => setAsking("apply")}>
          Do it…
        </Button>
      )}
      {undoable && <Button onClick={() => setAsking("undo")}>Undo…</Button>}
      {asking === "apply" && (
        <ReasonDialog
          title="Change these calls"
          about="Every call is priced by what the price book says now for the time of the call. Totals and budgets follow. The calls stay as they were stored; this stands beside them, and can be undone."
          deed="Change them"
          act={apply.mutateAsync}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "undo" && (
        <ReasonDialog
          title="Undo this"
          about="Its calls cost again what they did before. Those that were adjusted once more since are left as they are."
          deed="Undo"
          act={undo.mutateAsync}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  );
}

function Waiting() {
  return (
    <div className="grid gap-4">
      <Skeleton className="h-40" />
      <Skeleton className="h-64" />
    </div>
  );
}
