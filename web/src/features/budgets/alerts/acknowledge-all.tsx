import type { Schemas } from "@llmlab/client";
import { CheckCheck } from "lucide-react";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { many } from "@/lib/numbers";

// What the API takes at once.
const MOST = 1000;

/** Acknowledges the alerts that are listed. */
export function AcknowledgeAll({ alerts }: { alerts: readonly Schemas["Alert"][] }) {
  const { edit } = useMay();
  const open = alerts.filter(({ acknowledged_at }) => acknowledged_at === null).slice(0, MOST);
  const acknowledge = useDeed(
    (api, ids: number[]) => api.POST("/api/alerts/acknowledge", { body: { ids } }),
    { done: (answer) => `${many(answer?.acknowledged ?? 0, "alert")} acknowledged` },
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
