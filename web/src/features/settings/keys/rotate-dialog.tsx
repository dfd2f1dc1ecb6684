import type { Schemas } from "@llmlab/client";
import { useState } from "react";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field } from "@/components/ui/field";
import { NewKey } from "./new-key";

const OVERLAPS = [
  [0, "at once"],
  [3_600, "in an hour"],
  [6 * 3_600, "in 6 hours"],
  [86_400, "in a day"],
] as const;

interface RotateDialogProps {
  rotated: Schemas["KeyResponse"];
  onClose: () => void;
}

/** Gives a key a new secret, with time to bring it to where the old one is used. */
export function RotateDialog({ rotated, onClose }: RotateDialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const [overlap, setOverlap] = useState<number>(3_600);
  const rotate = useDeed(
    (api, grace: number) =>
      api.POST("/api/keys/{key_id}/rotate", {
        params: { path: { key_id: rotated.id } },
        body: { grace_seconds: grace },
      }),
    { onDone: (made) => setSecret(made?.api_key ?? null) },
  );
  // What is on its way is shown once, and here alone.
  const close = () => {
    if (!rotate.isPending) onClose();
  };
  return (
    <Dialog
      open
      onClose={close}
      firm={secret !== null}
      title={secret === null ? "Rotate the key" : "The key's new secret"}
      about={
        <>
          <bdi>{rotated.name}</bdi> keeps its name, rights and labels.
        </>
      }
    >
      {secret === null ? (
        <div className="grid gap-4">
          <Field
            label="The old secret ends"
            hint={
              overlap === 0
                ? "Whatever still uses it is refused within seconds, and its calls are missing."
                : "Until then both work: bring the new one to your programs meanwhile."
            }
          >
            <Choice
              value={overlap}
              onChange={(event) => setOverlap(Number(event.currentTarget.value))}
            >
              {OVERLAPS.map(([seconds, words]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </Choice>
          </Field>
          <Button tone="primary" busy={rotate.isPending} onClick={() => rotate.mutate(overlap)}>
            Make a new secret
          </Button>
        </div>
      ) : (
        <NewKey secret={secret} onDone={onClose} />
      )}
    </Dialog>
  );
}
