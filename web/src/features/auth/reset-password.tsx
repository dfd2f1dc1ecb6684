import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { Navigate, useLocation } from "react-router";
import { z } from "zod";
import { siteApi } from "@/api/session";
import { FormFoot } from "@/components/form-foot";
import { ButtonLink } from "@/components/ui/button";
import { PasswordField } from "@/components/ui/password-field";
import { Empty } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { fromFragment } from "@/lib/fragment";
import { newPassword, PASSWORD_RULE } from "@/lib/passwords";
import { useSubmit } from "@/lib/use-submit";
import { useEntrance } from "./entrance";
import { Frame } from "./frame";

const schema = z.object({ new_password: newPassword });

export function Component() {
  const token = fromFragment(useLocation().hash, "token");
  const entrance = useEntrance();
  if (entrance.goal !== null && entrance.user !== null) {
    return <Navigate to={entrance.goal} replace />;
  }
  return (
    <Frame
      title="Choose a new password"
      about={token !== null && "Wherever you are signed in now, you are signed out by it."}
      ways={
        <p>
          <TextLink to="/forgot-password">Ask for a new link</TextLink>
        </p>
      }
    >
      {token === null ? (
        <Empty
          title="The link is not whole"
          action={<ButtonLink to="/signin">Back to signing in</ButtonLink>}
        >
          Copy all of it, also what stands behind the #.
        </Empty>
      ) : (
        <NewPassword token={token} enter={entrance.enter} />
      )}
    </Frame>
  );
}

function NewPassword({ token, enter }: { token: string; enter: (goal: string) => Promise<void> }) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { new_password: "" },
  });
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await siteApi.POST("/api/auth/password/reset", { body: { token, ...values } });
    await enter("/");
  });
  return (
    <form noValidate onSubmit={onSubmit} className="grid gap-4">
      <PasswordField
        label="New password"
        autoComplete="new-password"
        autoFocus
        hint={PASSWORD_RULE}
        error={form.formState.errors.new_password?.message}
        {...form.register("new_password")}
      />
      <FormFoot deed="Set password and sign in" {...sending} />
    </form>
  );
}
