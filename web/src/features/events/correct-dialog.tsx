import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { useSubmit } from "@/lib/use-submit";
import { COUNTS, FORM, bodyOf, emptyForm, type CorrectForm } from "./correction";
import type { EventInFull } from "./event-in-full";

interface CorrectDialogProps {
  event: EventInFull;
  onClose: () => void;
  /** The worker was asked; the number leads to how far it is. */
  onAsked: (repricing: number) => void;
}

/** Takes what a call used from somebody who knows it. */
export function CorrectDialog({ event, onClose, onAsked }: CorrectDialogProps) {
  const form = useForm<CorrectForm>({ resolver: zodResolver(FORM), defaultValues: emptyForm() });
  const correct = useDeed(
    (api, values: CorrectForm) =>
      api.POST("/api/costs/{id}/correct", {
        params: { path: { id: event.id } },
        body: bodyOf(values),
      }),
    {
      quiet: true,
      onDone: (repricing) => {
        if (repricing !== undefined) onAsked(repricing.id);
      },
    },
  );
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await correct.mutateAsync(values);
  });
  const { errors } = form.formState;
  const [usual, rare] = [COUNTS.slice(0, 2), COUNTS.slice(2)];
  const field = ({ name, label }: (typeof COUNTS)[number]) => (
    <Field key={name} label={label} error={errors[name]?.message}>
      <Input {...form.register(name)} inputMode="numeric" autoComplete="off" maxLength={15} />
    </Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="State the counts"
      about="What the call used, as the provider's invoice or logs have it. It is then priced by the price book; what it was before stays beside it, and the change can be undone."
    >
      <form onSubmit={onSubmit} className="grid gap-4">
        <div className="grid gap-3 sm:grid-cols-2">{usual.map(field)}</div>
        <details>
          <summary className="cursor-pointer text-sm text-accent">
            What of these was cached, audio, images or reasoning
          </summary>
          <div className="mt-3 grid gap-3 sm:grid-cols-2">{rare.map(field)}</div>
        </details>
        <Field label="Reason" error={errors.reason?.message} hint="Kept with the change.">
          <Input {...form.register("reason")} maxLength={500} />
        </Field>
        <FormFoot deed="Correct the call" onCancel={onClose} {...sending} />
      </form>
    </Dialog>
  );
}
