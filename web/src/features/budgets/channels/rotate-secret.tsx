import { useState } from "react";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field } from "@/components/ui/field";
import type { Channel } from "../reads";

const GRACES: readonly (readonly [seconds: number, words: string])[] = [
  [0, "not at all: the old one is dead at once"],
  [3_600, "for an hour"],
  [86_400, "for a day"],
  [604_800, "for a week"],
];

interface RotateSecretProps {
  channel: Channel;
  onClose: () => void;
  onSecret: (secret: string | null) => void;
}

/** Gives a webhook a new secret, with a time in which messages are signed by both. */
export function RotateSecret({ channel, onClose, onSecret }: RotateSecretProps) {
  const [grace, setGrace] = useState(86_400);
  const rotate = useDeed(
    (api) =>
      api.POST("/api/channels/{channel_id}/rotate", {
        params: { path: { channel_id: channel.id } },
        body: { grace_seconds: grace },
      }),
    { onDone: (made) => onSecret(made?.secret ?? null) },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Rotate the secret"
      about="Messages are signed with a new secret, which is shown once."
    >
      <Field label="The old secret signs too" className="mb-5">
        <Choice value={grace} onChange={({ target }) => setGrace(Number(target.value))}>
          {GRACES.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </Choice>
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="primary" busy={rotate.isPending} onClick={() => rotate.mutate()}>
          Rotate secret
        </Button>
      </div>
    </Dialog>
  );
}
