import { BellOff } from "lucide-react";
import { usePages } from "@/api/use-pages";
import { useWorkspace } from "@/api/workspace";
import { More } from "@/components/more";
import { Misread } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { choice, parsed, useUrlState } from "@/lib/url-state";
import { ALERT_KINDS, type AlertKind } from "../kinds";
import { AcknowledgeAll } from "./acknowledge-all";
import { AlertRow } from "./alert-row";

const KINDS = ["all", ...(Object.keys(ALERT_KINDS) as AlertKind[])] as const;
const STATE = {
  kind: choice(KINDS, "all"),
  show: choice(["new", "all"] as const, "new"),
  budget: parsed<number | null>(
    null,
    (given) => (/^[1-9]\d{0,14}$/.test(given) ? Number(given) : null),
    (id) => (id === null ? "" : String(id)),
  ),
};
const PAGE = 25;
const LOOK_MS = 5_000;

/** What the workspace was told, newest first, and what became of it on its way. */
export default function Alerts() {
  const { id } = useWorkspace();
  const { values, set, misread } = useUrlState(STATE);
  const { kind, show, budget } = values;
  const list = usePages(
    ["alerts", kind, show, budget],
    (api, cursor, signal) =>
      api.GET("/api/alerts", {
        params: {
          query: {
            limit: PAGE,
            ...(kind === "all" ? {} : { kind: [kind] }),
            ...(show === "new" ? { acknowledged: false } : {}),
            ...(budget === null ? {} : { budget_id: budget }),
            ...(cursor === undefined ? {} : { cursor: Number(cursor) }),
          },
        },
        signal,
      }),
    { every: LOOK_MS },
  );
  return (
    <>
      <Misread names={misread} />
      <div className="flex flex-wrap items-center gap-2">
        <Segments
          label="Which alerts"
          value={show}
          onChange={(next) => set({ show: next })}
          choices={[
            ["new", "Not acknowledged"],
            ["all", "All"],
          ]}
        />
        <Segments
          label="Kind of alert"
          value={kind}
          onChange={(next) => set({ kind: next })}
          choices={KINDS.map((each) => [each, each === "all" ? "Every kind" : ALERT_KINDS[each]])}
        />
        {budget !== null && (
          <Button size="small" onClick={() => set({ budget: null })}>
            Of one budget: show those of all
          </Button>
        )}
      </div>
      <QueryView query={list} skeleton={<Waiting />}>
        {({ pages }) => {
          const alerts = pages.flatMap((page) => page.alerts);
          return (
            <Card
              title={show === "new" ? "To be acknowledged" : "Alerts"}
              actions={<AcknowledgeAll alerts={alerts} />}
              flush
            >
              {alerts.length === 0 ? (
                <Empty
                  icon={BellOff}
                  title={show === "new" ? "Nothing to acknowledge" : "No alert so far"}
                  action={
                    show === "new" ? (
                      <Button onClick={() => set({ show: "all" })}>See earlier alerts</Button>
                    ) : (
                      <ButtonLink to={`/w/${id}/budgets`}>See the budgets</ButtonLink>
                    )
                  }
                >
                  When a budget passes a threshold, or a day stands out, it is told here and by the
                  channels.
                </Empty>
              ) : (
                <ul>
                  {alerts.map((alert) => (
                    <AlertRow key={alert.id} alert={alert} />
                  ))}
                </ul>
              )}
              <More pages={list} />
            </Card>
          );
        }}
      </QueryView>
    </>
  );
}

function Waiting() {
  return (
    <Card>
      <div className="grid gap-5">
        {[0, 1, 2, 3, 4].map((place) => (
          <Skeleton key={place} className="h-14" />
        ))}
      </div>
    </Card>
  );
}
