import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { Check } from "@/components/ui/check";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { useSubmit } from "@/lib/use-submit";
import { rowsSchema, toDefaults } from "./defaults";
import { DefaultsFields } from "./defaults-fields";
import { NewKey } from "./new-key";
import { SCOPE_NAMES, SCOPES } from "./scopes";

const schema = z.object({
  name: z
    .string()
    .trim()
    .min(1, "Name it after what will use it.")
    .max(100, "A name has at most 100 characters."),
  scopes: z.array(z.enum(SCOPE_NAMES)).min(1, "A key that may do nothing is of no use."),
  defaults: rowsSchema,
});

export type CreateKey = z.infer<typeof schema>;

export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      firm={secret !== null}
      title={secret === null ? "Create an API key" : "Your new API key"}
    >
      {secret === null ? (
        <CreateForm onMade={setSecret} />
      ) : (
        <NewKey secret={secret} onDone={close} />
      )}
    </Dialog>
  );
}

function CreateForm({ onMade }: { onMade: (secret: string) => void }) {
  const form = useForm<CreateKey>({
    resolver: zodResolver(schema),
    defaultValues: { name: "", scopes: ["ingest", "read"], defaults: [] },
  });
  const create = useDeed(
    (api, { defaults, ...rest }: CreateKey) =>
      api.POST("/api/keys", { body: { ...rest, defaults: toDefaults(defaults) } }),
    { quiet: true },
  );
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    const made = await create.mutateAsync(values);
    if (made !== undefined) onMade(made.api_key);
  });
  const { errors } = form.formState;
  return (
    <FormProvider {...form}>
      <form noValidate onSubmit={onSubmit} className="grid gap-4">
        <Field label="Name" error={errors.name?.message}>
          <Input placeholder="Production backend" maxLength={100} {...form.register("name")} />
        </Field>
        <fieldset className="grid gap-2">
          <legend className="mb-1.5 text-sm font-medium">Scopes</legend>
          {SCOPE_NAMES.map((scope) => (
            <Check
              key={scope}
              value={scope}
              label={SCOPES[scope].name}
              hint={SCOPES[scope].about}
              {...form.register("scopes")}
            />
          ))}
          {errors.scopes?.message !== undefined && (
            <p role="alert" className="text-xs text-bad">
              {errors.scopes.message}
            </p>
          )}
        </fieldset>
        <DefaultsFields />
        <FormFoot deed="Create key" {...sending} />
      </form>
    </FormProvider>
  );
}
