import { KeyOnce } from "@/components/key-once";
import { Button } from "@/components/ui/button";

/** A key that was just made, in its dialog. */
export function NewKey({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className="grid gap-4">
      <KeyOnce secret={secret} />
      <Button tone="primary" onClick={onDone}>
        Done
      </Button>
    </div>
  );
}
