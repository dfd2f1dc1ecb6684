import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

/** Shows the secret of a webhook, which the API tells only when it is made. */
export function SecretOnce({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  return (
    <Dialog
      open={secret !== null}
      onClose={onClose}
      firm
      title="The webhook's secret"
      about="Copy it now: it is not shown again. Your service checks the signature of each message with it, as Standard Webhooks describes."
    >
      <div className="grid gap-5">
        <Secret label="secret" text={secret ?? ""} />
        <div className="flex justify-end">
          <Button tone="primary" onClick={onClose}>
            I have copied it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
