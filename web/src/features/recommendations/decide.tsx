import { Check, Clock, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { DecideDialog, type Decision } from "./decide-dialog";
import type { Recommendation } from "./reads";

/** What can be decided about a recommendation by whoever may. */
export function Decide({ advice }: { advice: Recommendation }) {
  const { edit } = useMay();
  const [asked, setAsked] = useState<Decision | null>(null);
  const reopen = useDeed(
    (api) => api.POST("/api/recommendations/{id}/reopen", { params: { path: { id: advice.id } } }),
    { done: "It is open again" },
  );
  if (!edit) return <span className="text-xs text-muted">Viewers can look, not decide.</span>;
  return (
    <div role="group" aria-label={`Decide: ${advice.title}`} className="flex flex-wrap gap-2">
      {advice.state === "open" ? (
        <>
          <Button size="small" tone="quiet" onClick={() => setAsked("dismiss")}>
            <X aria-hidden /> Dismiss
          </Button>
          <Button size="small" onClick={() => setAsked("snooze")}>
            <Clock aria-hidden /> Snooze
          </Button>
          <Button size="small" tone="primary" onClick={() => setAsked("accept")}>
            <Check aria-hidden /> Accept
          </Button>
        </>
      ) : (
        <Button size="small" busy={reopen.isPending} onClick={() => reopen.mutate()}>
          <RotateCcw aria-hidden /> Open again
        </Button>
      )}
      {asked !== null && (
        <DecideDialog advice={advice} decision={asked} onClose={() => setAsked(null)} />
      )}
    </div>
  );
}
