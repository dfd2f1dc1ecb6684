import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { many } from "@/lib/numbers";

interface FormFootProps {
  deed: string;
  busy: boolean;
  failure: string | null;
  /** Seconds before which trying again is of no use. */
  wait?: number;
  /** In a dialog: the way out, beside the deed. */
  onCancel?: () => void;
}

/** The end of a form: what went wrong with the whole of it, and the button that sends it. */
export function FormFoot({ deed, busy, failure, wait = 0, onCancel }: FormFootProps) {
  const send = (
    <Button type="submit" tone="primary" busy={busy} disabled={wait > 0}>
      {wait > 0 ? `${deed} (in ${many(wait, "second")})` : deed}
    </Button>
  );
  return (
    <>
      {failure !== null && (
        <Notice tone="bad" alert>
          {failure}
        </Notice>
      )}
      {onCancel === undefined ? (
        send
      ) : (
        <div className="flex justify-end gap-2">
          <Button onClick={onCancel}>Cancel</Button>
          {send}
        </div>
      )}
    </>
  );
}
