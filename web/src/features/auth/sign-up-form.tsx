import { Problem } from "@llmlab/client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { keepFirstKey } from "@/api/first-keys";
import { siteApi } from "@/api/session";
import { FormFoot } from "@/components/form-foot";
import { Field, Input } from "@/components/ui/field";
import { PasswordField } from "@/components/ui/password-field";
import { newPassword, PASSWORD_RULE } from "@/lib/passwords";
import { ownZone } from "@/lib/times";
import { useSubmit } from "@/lib/use-submit";
import { email } from "./email";

const schema = z.object({
  email,
  password: newPassword,
  workspace: z
    .string()
    .trim()
    .min(1, "A workspace has a name.")
    .max(100, "A name has at most 100 characters."),
});

interface SignUpFormProps {
  invitation: string | null;
  enter: (goal: string) => Promise<void>;
}

/** A new account, with a workspace of its own or a place in the one of an invitation. */
export function SignUpForm({ invitation, enter }: SignUpFormProps) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: "", password: "", workspace: "Personal" },
  });
  const { errors } = form.formState;
  const zone = ownZone();
  const { onSubmit, ...sending } = useSubmit(form, async ({ workspace, ...account }) => {
    const { data } = await siteApi
      .POST("/api/auth/signup", {
        body:
          invitation === null
            ? { ...account, workspace, timezone: zone }
            : { ...account, invitation },
      })
      .catch((error: unknown) => {
        throw atField(error);
      });
    const first = data?.user.workspaces[0];
    if (first === undefined) {
      await enter("/");
      return;
    }
    if (data?.api_key != null) keepFirstKey(first.id, data.api_key);
    await enter(invitation === null ? `/w/${String(first.id)}/start` : `/w/${String(first.id)}`);
  });
  return (
    <form noValidate onSubmit={onSubmit} className="grid gap-4">
      <Field label="E-mail" error={errors.email?.message}>
        <Input type="email" autoComplete="username" autoFocus {...form.register("email")} />
      </Field>
      <PasswordField
        label="Password"
        autoComplete="new-password"
        hint={PASSWORD_RULE}
        error={errors.password?.message}
        {...form.register("password")}
      />
      {invitation === null && (
        <Field
          label="Workspace"
          hint={`Its days and months begin at midnight in ${zone}. Both can be changed later.`}
          error={errors.workspace?.message}
        >
          <Input autoComplete="organization" maxLength={100} {...form.register("workspace")} />
        </Field>
      )}
      <FormFoot deed="Create account" {...sending} />
    </form>
  );
}

/** Say of an e-mail that has an account already that it is that field which is wrong. */
function atField(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== "email_taken") return error;
  const { status, code, detail } = error;
  return new Problem(status, code, detail, [{ field: "email", message: detail }]);
}
