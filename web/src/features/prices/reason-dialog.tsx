import { zodResolver } from "@hookform/resolvers/zod";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { showProblem } from "@/lib/form-problems";

const FORM = z.object({
  reason: z.string().trim().min(1, "Say why: it is kept with the change.").max(500),
});

interface ReasonDialogProps {
  title: string;
  about: string;
  deed: string;
  act: Pick<UseMutationResult<unknown, Error, string>, "isPending"> & {
    mutate: (reason: string, options: { onError: (error: Error) => void }) => void;
  };
  onClose: () => void;
}

/** Asks why, before history changes. */
export function ReasonDialog({ title, about, deed, act, onClose }: ReasonDialogProps) {
  const form = useForm({ resolver: zodResolver(FORM), defaultValues: { reason: "" } });
  const [problem, setProblem] = useState<string | null>(null);
  const submit = form.handleSubmit(({ reason }) => {
    setProblem(null);
    act.mutate(reason, { onError: (error) => setProblem(showProblem(form, error)) });
  });
  return (
    <Dialog open onClose={onClose} title={title} about={about}>
      <form onSubmit={(submitted) => void submit(submitted)} noValidate className="grid gap-4">
        <Field
          label="Reason"
          hint="Kept with the change."
          error={form.formState.errors.reason?.message}
        >
          <Input {...form.register("reason")} maxLength={500} />
        </Field>
        {problem !== null && (
          <p role="alert" className="text-sm text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={act.isPending}>
            {deed}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
