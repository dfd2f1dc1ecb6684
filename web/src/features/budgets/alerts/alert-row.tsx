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
  const { id: workspace, zone, user } = useWorkspace();
  const { edit } = useMay();
  const acknowledge = useDeed(
    (api) =>
      api.POST("/api/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: alert.id } } }),
    { done: "Acknowledged" },
  );
  const [tone, severity] = SEVERITIES[alert.severity];
  const budget = alert.data.budget_id;
  return (
    <li className="grid gap-1.5 border-t border-line px-4 py-3.5 first:border-t-0">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Badge tone={tone}>{severity}</Badge>
        <h3 className="min-w-0 flex-1 basis-48 font-medium break-words">
          <bdi>{alert.title}</bdi>
        </h3>
        <time
          dateTime={alert.created_at}
          title={instant(alert.created_at, zone)}
          className="text-xs text-muted"
        >
          {ago(alert.created_at)}
        </time>
      </div>
      {alert.summary !== "" && (
        <p className="max-w-4xl text-sm break-words whitespace-pre-line text-muted">
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
      <div className="flex flex-wrap items-center gap-2">
        {typeof budget === "number" && (
          <Link
            to={`/w/${workspace}/budgets/${budget}`}
            className="inline-flex min-h-6 items-center text-xs text-accent hover:underline"
          >
            See the budget
          </Link>
        )}
        {alert.acknowledged_at === null ? (
          edit && (
            <Button
              size="small"
              busy={acknowledge.isPending}
              aria-label={`Acknowledge: ${alert.title}`}
              onClick={() => acknowledge.mutate()}
            >
              <Check aria-hidden /> Acknowledge
            </Button>
          )
        ) : (
          <span className="text-xs text-muted">
            Acknowledged{" "}
            {alert.acknowledged_by === `user:${user.id}`
              ? "by you"
              : alert.acknowledged_by?.startsWith("key:") === true
                ? "by an API key"
                : "by somebody of the workspace"}
            , {instant(alert.acknowledged_at, zone)}
          </span>
        )}
      </div>
    </li>
  );
}
