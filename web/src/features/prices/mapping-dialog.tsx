import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import type { Schemas } from "@llmlab/client";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { useSubmit } from "@/lib/use-submit";

const name = z.string().trim().min(1, "It is missing.").max(256);
const FORM = z.object({
  provider: name,
  name,
  model: name,
  target_provider: z.string().trim().max(256),
});

interface MappingDialogProps {
  provider?: string;
  name?: string;
  model?: string;
  targetProvider?: string;
  onClose: () => void;
}

/** Says which model a name of the workspace's own stands for. */
export function MappingDialog(props: MappingDialogProps) {
  const { provider = "", name: given = "", model = "", targetProvider = "", onClose } = props;
  const form = useForm({
    resolver: zodResolver(FORM),
    defaultValues: {
      provider,
      name: given,
      model,
      target_provider: targetProvider === provider ? "" : targetProvider,
    },
  });
  const [answer, setAnswer] = useState<Schemas["MappingAnswer"] | null>(null);
  const put = useDeed(
    (api, { target_provider: target, ...values }: z.output<typeof FORM>) =>
      api.PUT("/api/prices/mappings", {
        body: { ...values, target_provider: target === "" ? null : target },
      }),
    { quiet: true, onDone: (mapping) => setAnswer(mapping ?? null) },
  );
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    await put.mutateAsync(values);
  });
  const { errors } = form.formState;
  const fixed = given !== "";
  if (answer !== null) {
    return (
      <Dialog open onClose={onClose} title="The name is known now">
        <p role="status" className="text-sm">
          {sayAnswer(answer)}
        </p>
        <div className="mt-5 flex justify-end">
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="A name of your own"
      about="Deployments, fine-tunes and inference profiles have names that no list can know. Calls of such a name are priced as those of the model that it stands for."
    >
      <form noValidate onSubmit={onSubmit} className="grid gap-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Provider" error={errors.provider?.message}>
            <Input {...form.register("provider")} readOnly={fixed} placeholder="azure" />
          </Field>
          <Field label="Name that calls have" error={errors.name?.message}>
            <Input {...form.register("name")} readOnly={fixed} placeholder="our-fast-deployment" />
          </Field>
          <Field label="Stands for the model" error={errors.model?.message}>
            <Input {...form.register("model")} placeholder="gpt-4o" />
          </Field>
          <Field
            label="Of the provider"
            hint="Empty: the same."
            error={errors.target_provider?.message}
          >
            <Input {...form.register("target_provider")} placeholder="openai" />
          </Field>
        </div>
        <FormFoot deed="Save the name" onCancel={onClose} {...sending} />
      </form>
    </Dialog>
  );
}

function sayAnswer({ priced, price_rule: rule, model }: Schemas["MappingAnswer"]): string {
  if (!priced) {
    return `The book has no price of ${model} either: calls of this name stay without one. Look whether it is spelled as the book has it.`;
  }
  if (rule !== null && !rule.includes("mapping:")) {
    return "The list knows this name itself, and that goes first. Set a price of your own for it instead, if the list's is not what you pay.";
  }
  return "Calls of this name are priced from now on; those that had no price get one within a minute.";
}
