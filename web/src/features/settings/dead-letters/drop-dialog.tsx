import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { many } from "@/lib/numbers";
import { useSubmit } from "@/lib/use-submit";

/** Which letters are to be dropped, and how many those are. */
export interface Doomed {
  ids?: string[];
  code?: string;
  state: "waiting" | "replayed";
  count: number;
}

const schema = z.object({
  reason: z
    .string()
    .trim()
    .min(1, "Say why, for whoever asks later.")
    .max(500, "At most 500 characters."),
});

export function DropDialog({ doomed, onClose }: { doomed: Doomed | null; onClose: () => void }) {
  return (
    <Dialog
      open={doomed !== null}
      onClose={onClose}
      title={doomed === null ? "Drop" : `Drop ${many(doomed.count, "letter")}?`}
      about="What they would have cost will be in no total, ever. This cannot be undone."
    >
      {doomed !== null && <DropForm doomed={doomed} onDone={onClose} />}
    </Dialog>
  );
}

function DropForm({ doomed, onDone }: { doomed: Doomed; onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { reason: "" },
  });
  const drop = useDeed(
    (api, reason: string) => {
      const { ids, code, state } = doomed;
      return api.POST("/api/deadletters/drop", {
        body: {
          state,
          reason,
          ...(ids === undefined ? {} : { ids }),
          ...(code === undefined ? {} : { code }),
        },
      });
    },
    {
      quiet: true,
      done: (answer) =>
        answer === undefined || answer.left === 0
          ? `Dropped ${many(answer?.dropped ?? 0, "letter")}`
          : `Dropped ${many(answer.dropped, "letter")}; ${many(answer.left, "more", "more")} to go: drop again`,
    },
  );
  const { onSubmit, ...sending } = useSubmit(form, async ({ reason }) => {
    await drop.mutateAsync(reason);
    onDone();
  });
  return (
    <form noValidate onSubmit={onSubmit} className="grid gap-4">
      <Field
        label="Why"
        hint="Kept in the audit log."
        error={form.formState.errors.reason?.message}
      >
        <Input maxLength={500} {...form.register("reason")} />
      </Field>
      <FormFoot deed="Drop for good" {...sending} />
    </form>
  );
}
