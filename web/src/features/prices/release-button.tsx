import { useNavigate } from "react-router";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { usePricesPath } from "./frame";

const REASON = "Quarantined calls are read again";

/** Asks which quarantined calls could be read by now; the preview it leads to can be done. */
export function ReleaseButton() {
  const base = usePricesPath();
  const navigate = useNavigate();
  const look = useDeed(
    (api) =>
      api.POST("/api/costs/release", {
        body: { ids: [], model: [], reason: REASON, dry_run: true },
      }),
    {
      onDone: (repricing) => {
        if (repricing !== undefined) void navigate(`${base}/repricings/${String(repricing.id)}`);
      },
    },
  );
  return (
    <Button busy={look.isPending} onClick={() => look.mutate()}>
      Read the quarantine again
    </Button>
  );
}
