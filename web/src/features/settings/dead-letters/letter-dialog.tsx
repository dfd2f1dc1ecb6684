import type { Schemas } from "@llmlab/client";
import { useWorkspace } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { exactInstant } from "@/lib/times";
import { fieldsOf } from "./letter";

interface LetterDialogProps {
  letter: Schemas["DeadLetter"];
  waiting: boolean;
  onClose: () => void;
  onReplay: () => void;
  onDrop: () => void;
}

/** One dead letter in full. */
export function LetterDialog({ letter, waiting, onClose, onReplay, onDrop }: LetterDialogProps) {
  const { zone } = useWorkspace();
  const facts: [string, string][] = [
    ["Reason", letter.reason],
    ["Code", letter.code],
    ["Received", exactInstant(letter.received_at, zone)],
    ["Died", exactInstant(letter.died_at, zone)],
    ...(letter.replayed_at === null
      ? []
      : [["Replayed", exactInstant(letter.replayed_at, zone)] satisfies [string, string]]),
    ["API key", letter.api_key === null ? "not known" : String(letter.api_key)],
    ["Letter", letter.id],
  ];
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="A dead letter"
      about="The call as it was sent; values of metadata, tags and usage are left out."
    >
      <div className="grid gap-5">
        <Facts label="The letter" facts={facts} />
        <Facts label="Its call" facts={fieldsOf(letter.event)} mono />
        <div className="flex justify-end gap-2">
          <Button tone="danger" onClick={onDrop}>
            Drop
          </Button>
          {waiting && (
            <Button tone="primary" onClick={onReplay}>
              Replay
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

interface FactsProps {
  label: string;
  facts: readonly (readonly [string, string])[];
  /** The names are those that programs use. */
  mono?: boolean;
}

function Facts({ label, facts, mono = false }: FactsProps) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold">{label}</h3>
      <dl className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="min-w-0 break-words text-muted">
              {mono ? <code className="text-xs">{name}</code> : name}
            </dt>
            <dd className="break-words">
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
