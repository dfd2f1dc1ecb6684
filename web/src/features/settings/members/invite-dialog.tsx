import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { FormFoot } from "@/components/form-foot";
import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field, Input } from "@/components/ui/field";
import { fragmentOf } from "@/lib/fragment";
import { many } from "@/lib/numbers";
import { grantable, ROLE_NAMES, ROLES } from "@/lib/roles";
import { useSubmit } from "@/lib/use-submit";

const DAYS = [1, 3, 7, 14, 30] as const;

const schema = z.object({
  role: z.enum(ROLE_NAMES),
  email: z
    .string()
    .trim()
    .max(254)
    .regex(/^([^\s@]+@[^\s@]+)?$/, "That is no e-mail address, such as ada@example.com."),
  days: z.string(),
});

export function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [link, setLink] = useState<string | null>(null);
  const close = () => {
    setLink(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      firm={link !== null}
      title={link === null ? "Invite somebody" : "The invitation's link"}
    >
      {link === null ? (
        <InviteForm onMade={setLink} />
      ) : (
        <div className="grid gap-4">
          <Secret label="Invitation link" text={link} />
          <p className="text-sm text-muted">
            <strong className="font-medium text-ink">This is shown once.</strong> Send it by a way
            that only they can read. It works for one person; here it can be revoked until then.
          </p>
          <Button tone="primary" onClick={close}>
            Done
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function InviteForm({ onMade }: { onMade: (link: string) => void }) {
  const { role: own } = useWorkspace();
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: { role: "member", email: "", days: "7" },
  });
  const invite = useDeed(
    (api, { role, email, days }: z.infer<typeof schema>) =>
      api.POST("/api/invitations", {
        body: { role, days: Number(days), ...(email === "" ? {} : { email }) },
      }),
    { quiet: true },
  );
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    const made = await invite.mutateAsync(values);
    if (made !== undefined) {
      onMade(`${location.origin}/join${fragmentOf("token", made.link_token)}`);
    }
  });
  const { errors } = form.formState;
  const role = form.watch("role");
  return (
    <form noValidate onSubmit={onSubmit} className="grid gap-4">
      <Field label="Role" hint={ROLES[role].about} error={errors.role?.message}>
        <Choice {...form.register("role")}>
          {grantable(own).map((each) => (
            <option key={each} value={each}>
              {ROLES[each].name}
            </option>
          ))}
        </Choice>
      </Field>
      <Field
        label="E-mail (optional)"
        hint="Then only an account with that e-mail can accept. LLMLab sends nothing: you pass the link on."
        error={errors.email?.message}
      >
        <Input type="email" autoComplete="off" {...form.register("email")} />
      </Field>
      <Field label="Good for" error={errors.days?.message}>
        <Choice {...form.register("days")}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {many(days, "day")}
            </option>
          ))}
        </Choice>
      </Field>
      <FormFoot deed="Make the link" {...sending} />
    </form>
  );
}
