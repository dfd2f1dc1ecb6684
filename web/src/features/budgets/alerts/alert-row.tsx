import type { Schemas } from "@llmlab/client";
import { Check } from "lucide-react";
import { Link } from "react-router";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ago, instant } from "@/lib/times";
import { DeliveryLine } from "./delivery-line";

type Alert = Schemas["Alert"];

const SEVERITIES: Readonly<Record<Alert["severity"], readonly [Tone, string]>> = {
  info: ["accent", "For information"],
  warning: ["warn", "Warning"],
  critical: ["bad", "Critical"],
};

/** One alert: what was told, to whom it went, and whether somebody has seen it. */
export function AlertRow({ alert }: { alert: Alert }) {
  const { id: workspace, zone } = useWorkspace();
  const { edit } = useMay();
  const acknowledge = useDeed(
    (api) =>
      api.POST("/api/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: alert.id } } }),
    { done: "Acknowledged" },
  );
  const [tone, severity] = SEVERITIES[alert.severity];
  const budget = alert.data.budget_id;
  return (
    <li className="grid gap-x-6 gap-y-2 border-t border-line px-4 py-3 first:border-t-0 sm:grid-cols-[minmax(0,1fr)_auto]">
      <div className="grid min-w-0 gap-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Badge tone={tone}>{severity}</Badge>
          <time
            dateTime={alert.created_at}
            title={instant(alert.created_at, zone)}
            className="text-xs text-muted"
          >
            {ago(alert.created_at)}
          </time>
          <Acknowledged alert={alert} />
        </div>
        <h3 className="font-medium [overflow-wrap:anywhere]">
          {typeof budget === "number" ? (
            <Link
              to={`/w/${workspace}/budgets/${budget}`}
              className="hover:text-accent hover:underline"
            >
              <bdi>{alert.title}</bdi>
            </Link>
          ) : (
            <bdi>{alert.title}</bdi>
          )}
        </h3>
        {alert.summary !== "" && (
          <p className="max-w-4xl text-sm [overflow-wrap:anywhere] whitespace-pre-line text-muted">
            {alert.summary}
          </p>
        )}
        {alert.deliveries.length > 0 ? (
          <ul aria-label="Deliveries" className="grid gap-1">
            {alert.deliveries.map((delivery) => (
              <DeliveryLine key={delivery.id} delivery={delivery} />
            ))}
          </ul>
        ) : (
          <p className="text-xs text-muted">
            No channel was told: none wants alerts of this kind, or it is about to go out.
          </p>
        )}
      </div>
      {alert.acknowledged_at === null && edit && (
        <div>
          <Button
            size="small"
            busy={acknowledge.isPending}
            aria-label={`Acknowledge: ${alert.title}`}
            onClick={() => acknowledge.mutate()}
          >
            <Check aria-hidden /> Acknowledge
          </Button>
        </div>
      )}
    </li>
  );
}

function Acknowledged({ alert: { acknowledged_at: at, acknowledged_by: by } }: { alert: Alert }) {
  const { zone, user } = useWorkspace();
  if (at === null) return null;
  const who =
    by === `user:${user.id}`
      ? "by you"
      : by?.startsWith("key:") === true
        ? "by an API key"
        : "by somebody else here";
  return (
    <span className="text-xs text-muted">
      · acknowledged {who}, {instant(at, zone)}
    </span>
  );
}
