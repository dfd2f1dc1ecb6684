import { Plus, X } from "lucide-react";
import { useFieldArray, type UseFormReturn } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { ChannelPicks } from "../channel-picks";
import type { Values } from "./values";

interface TeamChannelsProps {
  form: UseFormReturn<Values>;
  disabled: boolean;
}

/** Where the reports of single teams go instead. */
export function TeamChannels({ form, disabled }: TeamChannelsProps) {
  const { fields, append, remove } = useFieldArray({
    control: form.control,
    name: "team_channels",
  });
  const { errors } = form.formState;
  const lines = form.watch("team_channels");
  // What the form finds wrong with all of it stands at its root, what the API finds does not.
  const whole = errors.team_channels?.root?.message ?? errors.team_channels?.message;
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1 text-sm font-medium">Reports of single teams</legend>
      {fields.length === 0 && (
        <p className="text-xs text-muted">They go where the other reports go.</p>
      )}
      {fields.map((field, place) => (
        <div key={field.id} className="grid gap-1 rounded-md border border-line p-3">
          <div className="flex items-start gap-2">
            <Field
              label="Team"
              error={errors.team_channels?.[place]?.team?.message}
              className="min-w-0 flex-1"
            >
              <Input
                maxLength={256}
                autoComplete="off"
                {...form.register(`team_channels.${place}.team`)}
              />
            </Field>
            {!disabled && (
              <Button
                tone="quiet"
                size="icon"
                className="mt-6"
                aria-label={`Remove team ${lines[place]?.team ?? ""}`}
                onClick={() => remove(place)}
              >
                <X aria-hidden />
              </Button>
            )}
          </div>
          <ChannelPicks
            label={`Channels of team ${lines[place]?.team ?? ""}`}
            disabled={disabled}
            value={lines[place]?.channels ?? []}
            onChange={(next) => form.setValue(`team_channels.${place}.channels`, next)}
          />
          {errors.team_channels?.[place]?.channels?.message !== undefined && (
            <p role="alert" className="text-xs text-bad">
              {errors.team_channels[place].channels.message}
            </p>
          )}
        </div>
      ))}
      {whole !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {whole}
        </p>
      )}
      {!disabled && (
        <div>
          <Button size="small" onClick={() => append({ team: "", channels: [] })}>
            <Plus aria-hidden /> Send a team its own
          </Button>
        </div>
      )}
    </fieldset>
  );
}
