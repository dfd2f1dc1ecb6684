import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Check } from "@/components/ui/check";
import { Field, Input } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { showProblem } from "@/lib/form-problems";
import { ChannelPicks } from "../channel-picks";
import { TeamChannels } from "./team-channels";
import { changesOf, schema, SWITCHES, toValues, type Settings, type Values } from "./values";

/** What the workspace is told of beside thresholds, and where reports go. */
export function SettingsForm({ settings }: { settings: Settings }) {
  const { administer } = useMay();
  // What was there when the form was opened or saved; later news must not undo what is being typed.
  const [before, setBefore] = useState(settings);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: toValues(settings),
  });
  const { errors } = form.formState;
  const [whole, setWhole] = useState<string | null>(null);
  const save = useDeed(
    (api, changes: Partial<Settings>) =>
      api.PATCH("/api/notifications/settings", { body: changes }),
    {
      quiet: true,
      done: "The settings are saved",
      onDone: (after) => {
        if (after === undefined) return;
        setBefore(after);
        form.reset(toValues(after));
      },
    },
  );
  const submit = form.handleSubmit((values) => {
    setWhole(null);
    const changes = changesOf(before, schema.parse(values));
    if (Object.keys(changes).length === 0) return;
    save.mutate(changes, { onError: (error) => setWhole(showProblem(form, error)) });
  });
  const where = form.watch("where");
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="grid gap-5">
      <fieldset disabled={!administer} className="grid gap-5">
        <legend className="sr-only">Settings</legend>
        <fieldset className="grid gap-2">
          <legend className="sr-only">What is told</legend>
          {SWITCHES.map(([name, label, hint]) => (
            <Check key={name} label={label} hint={hint} {...form.register(name)} />
          ))}
        </fieldset>
        <Field
          label="A day stands out by at least, in USD"
          hint="What differs by less from what is usual is not told."
          error={errors.anomaly_minimum?.message}
          className="max-w-64"
        >
          <Input
            inputMode="decimal"
            maxLength={30}
            autoComplete="off"
            {...form.register("anomaly_minimum")}
          />
        </Field>
        <fieldset className="grid gap-1">
          <legend className="mb-1 text-sm font-medium">Reports go to</legend>
          <Check
            type="radio"
            label="every channel that wants reports"
            value="wanted"
            {...form.register("where")}
          />
          <Check type="radio" label="these channels" value="chosen" {...form.register("where")} />
          {where === "chosen" && (
            <div className="pl-6">
              <ChannelPicks
                label="Channels for reports"
                value={form.watch("report_channels")}
                disabled={!administer}
                onChange={(next) => form.setValue("report_channels", next)}
              />
            </div>
          )}
          <Check
            type="radio"
            label="nobody: they are shown here only"
            value="nowhere"
            {...form.register("where")}
          />
          {errors.report_channels?.message !== undefined && (
            <p role="alert" className="text-xs text-bad">
              {errors.report_channels.message}
            </p>
          )}
        </fieldset>
        <TeamChannels form={form} disabled={!administer} />
      </fieldset>
      {whole !== null && (
        <Notice tone="bad" alert>
          {whole}
        </Notice>
      )}
      {administer ? (
        <div>
          <Button type="submit" tone="primary" busy={save.isPending}>
            Save settings
          </Button>
        </div>
      ) : (
        <p className="text-sm text-muted">Admins and owners can change these.</p>
      )}
    </form>
  );
}
