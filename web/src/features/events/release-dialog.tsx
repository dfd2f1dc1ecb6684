import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { showProblem } from "@/lib/form-problems";
import type { EventInFull } from "./event-in-full";

const FORM = z.object({
  reason: z.string().trim().min(1, "Say why: it is kept with the change.").max(500),
});

interface ReleaseDialogProps {
  event: EventInFull;
  onClose: () => void;
  /** The worker was asked; the number leads to how far it is. */
  onAsked: (repricing: number) => void;
}

/** Asks that a quarantined call's own counts be read again. */
export function ReleaseDialog({ event, onClose, onAsked }: ReleaseDialogProps) {
  const form = useForm({ resolver: zodResolver(FORM), defaultValues: { reason: "" } });
  const [problem, setProblem] = useState<string | null>(null);
  const release = useDeed(
    (api, { reason }: z.output<typeof FORM>) =>
      api.POST("/api/costs/release", { body: { ids: [event.id], reason, dry_run: false } }),
    {
      quiet: true,
      onDone: (repricing) => {
        if (repricing !== undefined) onAsked(repricing.id);
      },
    },
  );
  const submit = form.handleSubmit((values) => {
    setProblem(null);
    release.mutate(values, { onError: (error) => setProblem(showProblem(form, error)) });
  });
  const { errors } = form.formState;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Read the counts again"
      about="The usage object that came with the call is read as LLMLab reads it now. If it makes sense, the call is priced and counted; if not, it stays in quarantine."
    >
      <form onSubmit={(submitted) => void submit(submitted)} className="grid gap-4">
        <Field label="Reason" error={errors.reason?.message} hint="Kept with the change.">
          <Input {...form.register("reason")} autoFocus maxLength={500} />
        </Field>
        {problem !== null && (
          <p role="alert" className="text-sm text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={release.isPending}>
            Read again
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
