import { Problem } from "@llmlab/client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { PasswordField } from "@/components/ui/password-field";
import { newPassword, PASSWORD_RULE } from "@/lib/passwords";
import { useSubmit } from "@/lib/use-submit";

const schema = z
  .object({
    current_password: z.string().min(1, "Type your current password."),
    new_password: newPassword,
  })
  .refine((values) => values.current_password !== values.new_password, {
    error: "That is the current one.",
    path: ["new_password"],
  });

export function PasswordForm({ email }: { email: string }) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { current_password: "", new_password: "" },
  });
  const change = useDeed(
    (api, body: z.infer<typeof schema>) => api.PATCH("/api/auth/password", { body }),
    { quiet: true, done: "Your password is changed; all other sessions are over" },
  );
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await change.mutateAsync(values).catch((error: unknown) => {
      throw atField(error);
    });
    form.reset();
  });
  const { errors } = form.formState;
  return (
    <form noValidate onSubmit={onSubmit} className="grid max-w-sm gap-4">
      {/* By this, password managers know whose password it is. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        error={errors.current_password?.message}
        {...form.register("current_password")}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        hint={`${PASSWORD_RULE} All other sessions end.`}
        error={errors.new_password?.message}
        {...form.register("new_password")}
      />
      <FormFoot deed="Change password" {...sending} />
    </form>
  );
}

/** Say of a wrong password that it is that field which is wrong. */
function atField(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== "wrong_password") return error;
  const { status, code, detail } = error;
  return new Problem(status, code, detail, [{ field: "current_password", message: detail }]);
}
