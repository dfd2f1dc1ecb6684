import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";

/** A key in full, this once. */
export function NewKey({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className="grid gap-4">
      <Secret label="API key" text={secret} />
      <p className="text-sm text-muted">
        <strong className="font-medium text-ink">This is shown once.</strong> Copy it to where your
        program keeps its secrets; only a fingerprint of it is stored here.
      </p>
      <Button tone="primary" onClick={onDone}>
        Done
      </Button>
    </div>
  );
}
