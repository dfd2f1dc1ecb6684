import type { Schemas } from "@llmlab/client";
import { CheckCheck } from "lucide-react";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { many } from "@/lib/numbers";

/** Acknowledges the alerts that are listed, one after the other. */
export function AcknowledgeAll({ alerts }: { alerts: readonly Schemas["Alert"][] }) {
  const { edit } = useMay();
  const open = alerts.filter(({ acknowledged_at }) => acknowledged_at === null);
  const acknowledge = useDeed(
    async (api, ids: readonly number[]) => {
      for (const alert_id of ids) {
        await api.POST("/api/alerts/{alert_id}/acknowledge", { params: { path: { alert_id } } });
      }
      return {};
    },
    { done: (_, ids) => `${many(ids.length, "alert")} acknowledged` },
  );
  if (!edit || open.length < 2) return null;
  return (
    <Button
      size="small"
      busy={acknowledge.isPending}
      onClick={() => acknowledge.mutate(open.map(({ id }) => id))}
    >
      <CheckCheck aria-hidden /> Acknowledge these {open.length}
    </Button>
  );
}
