import { Problem } from "@llmlab/client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { siteApi } from "@/api/session";
import { FormFoot } from "@/components/form-foot";
import { Field, Input } from "@/components/ui/field";
import { PasswordField } from "@/components/ui/password-field";
import { Segments } from "@/components/ui/tabs";
import { useSubmit } from "@/lib/use-submit";
import { email } from "./email";
import { joinedWorkspace } from "./joined-workspace";

const schema = z.object({ email, password: z.string().min(1, "Type your password.") });

interface SignInFormProps {
  /** Whether an e-mail and password of Supabase's will do as well. */
  supabase: boolean;
  invitation: string | null;
  /** Goes on, to a page of its own where there is an invitation. */
  enter: (goal: string | null) => Promise<void>;
}

export function SignInForm({ supabase, invitation, enter }: SignInFormProps) {
  const [whose, setWhose] = useState<"llmlab" | "supabase">("llmlab");
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: "", password: "" },
  });
  const { errors } = form.formState;
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await signIn(supabase ? whose : "llmlab", { ...values, invitation });
    await enter(invitation === null ? null : await joinedWorkspace());
  });
  return (
    <form noValidate onSubmit={onSubmit} className="grid gap-4">
      {supabase && (
        <Segments
          label="Whose password it is"
          value={whose}
          onChange={setWhose}
          choices={[
            ["llmlab", "LLMLab password"],
            ["supabase", "Supabase password"],
          ]}
        />
      )}
      <Field label="E-mail" error={errors.email?.message}>
        <Input type="email" autoComplete="username" autoFocus {...form.register("email")} />
      </Field>
      <PasswordField
        label="Password"
        autoComplete="current-password"
        error={errors.password?.message}
        {...form.register("password")}
      />
      <FormFoot deed="Sign in" {...sending} />
    </form>
  );
}

interface Credentials {
  email: string;
  password: string;
  invitation: string | null;
}

async function signIn(
  whose: "llmlab" | "supabase",
  { invitation, ...credentials }: Credentials,
): Promise<void> {
  const body = { ...credentials, ...(invitation === null ? {} : { invitation }) };
  try {
    if (whose === "llmlab") await siteApi.POST("/api/auth/login", { body });
    else await siteApi.POST("/api/auth/supabase", { body });
  } catch (error) {
    const belongs = error instanceof Problem && error.code === "already_member";
    if (!belongs || invitation === null) throw error;
    await signIn(whose, { ...credentials, invitation: null });
  }
}
