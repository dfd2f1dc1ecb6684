import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useSubmit } from "@/lib/use-submit";
import { FormFoot } from "./form-foot";
import { Dialog } from "./ui/dialog";
import { Field, Input } from "./ui/field";

const FORM = z.object({
  reason: z.string().trim().min(1, "Say why: it is kept with the change.").max(500),
});

interface ReasonDialogProps {
  title: string;
  about: string;
  deed: string;
  act: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks why, before history changes. */
export function ReasonDialog({ title, about, deed, act, onClose }: ReasonDialogProps) {
  const form = useForm({ resolver: zodResolver(FORM), defaultValues: { reason: "" } });
  const { onSubmit, ...sending } = useSubmit(form, async ({ reason }) => {
    await act(reason);
  });
  return (
    <Dialog open onClose={onClose} title={title} about={about}>
      <form noValidate onSubmit={onSubmit} className="grid gap-4">
        <Field
          label="Reason"
          hint="Kept with the change."
          error={form.formState.errors.reason?.message}
        >
          <Input {...form.register("reason")} autoFocus maxLength={500} />
        </Field>
        <FormFoot deed={deed} onCancel={onClose} {...sending} />
      </form>
    </Dialog>
  );
}
