import type { UseFormReturn } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Check } from "@/components/ui/check";
import { Field, Input } from "@/components/ui/field";
import type { ChannelKind } from "../kinds";
import { targetField, type Values } from "./settings";

interface TargetFieldsProps {
  form: UseFormReturn<Values>;
  kind: ChannelKind;
  /** Where an existing channel leads, secrets masked; null for a new one. */
  shown: string | null;
}

const URLS: Readonly<Partial<Record<ChannelKind, readonly [label: string, hint: string]>>> = {
  slack: ["Webhook URL", "Slack: Apps → Incoming Webhooks → Add to Slack, then copy its URL."],
  teams: [
    "Webhook URL",
    "Teams: Workflows → “Post to a channel when a webhook request is received”.",
  ],
  discord: ["Webhook URL", "Discord: Channel settings → Integrations → Webhooks → Copy URL."],
  webhook: ["URL", "It gets a signed JSON by POST, as Standard Webhooks describes."],
};

/** Where a channel of a kind leads to. */
export function TargetFields({ form, kind, shown }: TargetFieldsProps) {
  const { errors } = form.formState;
  const field = targetField(kind);
  if (shown !== null && form.watch("keep")) {
    return (
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Leads to</span>
        <div className="flex items-center gap-2">
          <code className="min-w-0 flex-1 text-xs break-all text-muted">{shown}</code>
          <Button
            size="small"
            onClick={() => {
              // Addresses are no secret, so that they can be changed one by one.
              if (field === "to") form.setValue("to", shown);
              form.setValue("keep", false);
            }}
          >
            Change
          </Button>
        </div>
      </div>
    );
  }
  if (field === "to") {
    return (
      <Field
        label="Addresses"
        hint="Up to 20, separated by commas. They see each other."
        error={errors.to?.message}
      >
        <Input
          type="text"
          inputMode="email"
          placeholder="ada@example.com"
          {...form.register("to")}
        />
      </Field>
    );
  }
  if (field === "routing_key") {
    return (
      <>
        <Field
          label="Integration key"
          hint="PagerDuty: Service → Integrations → Events API v2."
          error={errors.routing_key?.message}
        >
          <Input autoComplete="off" maxLength={64} {...form.register("routing_key")} />
        </Field>
        <Check label="The account is in the European region" {...form.register("europe")} />
      </>
    );
  }
  const [label = "URL", hint] = URLS[kind] ?? [];
  return (
    <Field label={label} hint={hint} error={errors.url?.message}>
      <Input
        type="url"
        autoComplete="off"
        placeholder="https://"
        maxLength={2048}
        {...form.register("url")}
      />
    </Field>
  );
}
