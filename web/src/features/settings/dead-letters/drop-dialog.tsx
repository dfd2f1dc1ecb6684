import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed, useRead } from "@/api/use-read";
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
  /** As far as is known; of a code, it is counted when somebody is about to drop all of it. */
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
  const count = useCount(doomed);
  return (
    <Dialog
      open={doomed !== null}
      onClose={onClose}
      title={doomed === null ? "Drop" : `Drop ${many(count, "letter")}?`}
      about="What they would have cost will be in no total, ever. This cannot be undone."
    >
      {doomed !== null && <DropForm doomed={doomed} onDone={onClose} />}
    </Dialog>
  );
}

// The list names the most frequent reasons only; a code has those of all others too.
function useCount(doomed: Doomed | null): number {
  const { code, state, count } = doomed ?? { code: undefined, state: "waiting", count: 0 };
  const counted = useRead(
    ["dead-letters", "count", state, code],
    (api, signal) =>
      api.GET("/api/deadletters", { params: { query: { state, code, limit: 1 } }, signal }),
    // That of another code is none of this one.
    { enabled: code !== undefined, keep: false },
  );
  return code === undefined ? count : (counted.data?.total ?? count);
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
