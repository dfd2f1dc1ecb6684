import { useDeed } from "@/api/use-read";
import { ReasonDialog } from "@/components/reason-dialog";
import type { EventInFull } from "./event-in-full";

interface ReleaseDialogProps {
  event: EventInFull;
  onClose: () => void;
  /** The worker was asked; the number leads to how far it is. */
  onAsked: (repricing: number) => void;
}

/** Asks that a quarantined call's own counts be read again. */
export function ReleaseDialog({ event, onClose, onAsked }: ReleaseDialogProps) {
  const release = useDeed(
    (api, reason: string) =>
      api.POST("/api/costs/release", { body: { ids: [event.id], reason, dry_run: false } }),
    {
      quiet: true,
      onDone: (repricing) => {
        if (repricing !== undefined) onAsked(repricing.id);
      },
    },
  );
  return (
    <ReasonDialog
      title="Read the counts again"
      about="The usage object that came with the call is read as LLMLab reads it now. If it makes sense, the call is priced and counted; if not, it stays in quarantine."
      deed="Read again"
      act={release.mutateAsync}
      onClose={onClose}
    />
  );
}
