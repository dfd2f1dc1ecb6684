import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { methodsQuery } from "@/api/methods";
import { siteApi } from "@/api/session";
import { FormFoot } from "@/components/form-foot";
import { Field, Input } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { TextLink } from "@/components/ui/text-link";
import { useSubmit } from "@/lib/use-submit";
import { email } from "./email";
import { Frame } from "./frame";

const schema = z.object({ email });

export function Component() {
  const [asked, setAsked] = useState<string | null>(null);
  const methods = useQuery(methodsQuery);
  const byMail = methods.data?.password_reset !== "operator";
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: "" },
  });
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await siteApi.POST("/api/auth/password/forgot", { body: values });
    setAsked(values.email);
  });
  return (
    <Frame
      title="Replace your password"
      about={
        asked === null &&
        (byMail
          ? "A link by which you choose a new one is mailed to you."
          : "A link by which you choose a new one is made; whoever runs this installation hands it to you.")
      }
      ways={
        <p>
          <TextLink to="/signin">Back to signing in</TextLink>
        </p>
      }
    >
      {asked === null ? (
        <form noValidate onSubmit={onSubmit} className="grid gap-4">
          <Field label="E-mail" error={form.formState.errors.email?.message}>
            <Input type="email" autoComplete="username" autoFocus {...form.register("email")} />
          </Field>
          <FormFoot deed={byMail ? "Mail me the link" : "Make a link"} {...sending} />
        </form>
      ) : (
        <Asked email={asked} byMail={byMail} />
      )}
    </Frame>
  );
}

function Asked({ email: address, byMail }: { email: string; byMail: boolean }) {
  return (
    <Notice tone="good" alert>
      {byMail ? (
        <>
          If <bdi className="font-medium">{address}</bdi> has an account here, a mail with the link
          is on its way. It is good for an hour and for one use. Nothing came? Look among the spam,
          then ask again.
        </>
      ) : (
        <>
          If <bdi className="font-medium">{address}</bdi> has an account here, its link stands in
          the server&apos;s log, for it sends no mails. Whoever runs LLMLab can also print one:
          <code className="mt-2 block break-all select-all">
            llmlab users reset-password {address}
          </code>
        </>
      )}
    </Notice>
  );
}
