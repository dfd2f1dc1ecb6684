import type { Schemas } from "@llmlab/client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useDeed } from "@/api/use-read";
import { FormFoot } from "@/components/form-foot";
import { Check } from "@/components/ui/check";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field, Input } from "@/components/ui/field";
import { useSubmit } from "@/lib/use-submit";
import { CHANNEL_KINDS, usualKinds, WANTED_KINDS, type WantedKind } from "../kinds";
import type { Channel } from "../reads";
import { SecretOnce } from "./secret-once";
import { schema, targetField, targetOf, toSettings, valuesOf, type Values } from "./settings";
import { TargetFields } from "./target-fields";

interface ChannelFormProps {
  /** Null: a new one. */
  channel: Channel | null;
  onClose: () => void;
}

/** The form that adds or changes a channel. */
export default function ChannelForm({ channel, onClose }: ChannelFormProps) {
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: valuesOf(channel) });
  const { errors } = form.formState;
  const [secret, setSecret] = useState<string | null>(null);
  const kind = form.watch("kind");
  const kinds = form.watch("kinds");
  const save = useDeed<Values, Schemas["NewChannel"] | Channel>(
    (api, values) => {
      const { name, kinds: wanted, keep } = values;
      const settings = keep ? {} : { settings: toSettings(values) };
      return channel === null
        ? api.POST("/api/channels", {
            body: {
              kind: values.kind,
              kinds: wanted,
              settings: toSettings(values),
              ...(name === "" ? {} : { name }),
            },
          })
        : api.PATCH("/api/channels/{channel_id}", {
            params: { path: { channel_id: channel.id } },
            body: { kinds: wanted, ...settings, ...(name === channel.name ? {} : { name }) },
          });
    },
    {
      quiet: true,
      done: channel === null ? "The channel is added: send it a test" : "The channel is changed",
      onDone: (made) => {
        if (made !== undefined && "secret" in made && made.secret !== null) setSecret(made.secret);
        else onClose();
      },
    },
  );
  const { onSubmit, ...sending } = useSubmit(
    form,
    async (values) => {
      await save.mutateAsync(values);
    },
    { settings: targetField(kind) },
  );
  if (secret !== null) return <SecretOnce secret={secret} onClose={onClose} />;
  return (
    <Dialog
      open
      firm
      onClose={onClose}
      title={channel === null ? "Add a channel" : "Change the channel"}
    >
      <form noValidate onSubmit={onSubmit} className="grid gap-4">
        {channel === null && (
          <Field label="Kind">
            <Choice
              {...form.register("kind", {
                onChange: () => {
                  form.clearErrors();
                  form.setValue("kinds", usualKinds(form.getValues("kind")));
                },
              })}
            >
              {Object.entries(CHANNEL_KINDS).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </Choice>
          </Field>
        )}
        <TargetFields form={form} kind={kind} shown={channel === null ? null : targetOf(channel)} />
        <Field
          label="Name"
          hint={channel === null ? "Left empty, it is called by its kind." : undefined}
          error={errors.name?.message}
        >
          <Input maxLength={100} autoComplete="off" {...form.register("name")} />
        </Field>
        <fieldset className="grid gap-0.5">
          <legend className="mb-1 text-sm font-medium">Told of</legend>
          {(Object.keys(WANTED_KINDS) as WantedKind[]).map((each) => (
            <Check
              key={each}
              label={WANTED_KINDS[each]}
              checked={kinds.includes(each)}
              onChange={({ target }) =>
                form.setValue(
                  "kinds",
                  target.checked ? [...kinds, each] : kinds.filter((one) => one !== each),
                )
              }
            />
          ))}
          {kinds.length === 0 && (
            <p className="text-xs text-muted">Only of what names this channel itself.</p>
          )}
        </fieldset>
        <FormFoot
          deed={channel === null ? "Add channel" : "Save"}
          onCancel={onClose}
          {...sending}
        />
      </form>
    </Dialog>
  );
}
