import { RotateCw } from "lucide-react";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { tellDelivery, type Delivery } from "../deliveries";
import { CHANNEL_KINDS } from "../kinds";

/** What became of a message on its way to one channel; what failed can be sent again. */
export function DeliveryLine({ delivery }: { delivery: Delivery }) {
  const { administer } = useMay();
  const { tone, word, why } = tellDelivery(delivery);
  const { name, kind } = delivery.channel;
  const retry = useDeed(
    (api) =>
      api.POST("/api/deliveries/{delivery_id}/retry", {
        params: { path: { delivery_id: delivery.id } },
      }),
    { done: "It is sent again" },
  );
  return (
    <li className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5 text-xs">
      <Name className="max-w-40 font-medium">{name}</Name>
      <span className="text-muted">{CHANNEL_KINDS[kind]}</span>
      <Badge tone={tone}>{word}</Badge>
      {why !== null && (
        <span className="min-w-0 [overflow-wrap:anywhere] text-muted" title={why}>
          {why}
        </span>
      )}
      {delivery.status === "failed" && administer && (
        <Button
          size="small"
          tone="quiet"
          busy={retry.isPending}
          aria-label={`Send again to ${name}`}
          onClick={() => retry.mutate()}
        >
          <RotateCw aria-hidden /> Send again
        </Button>
      )}
    </li>
  );
}
