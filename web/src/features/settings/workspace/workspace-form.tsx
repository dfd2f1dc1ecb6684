import type { Schemas } from "@llmlab/client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Controller, useForm } from "react-hook-form";
import { sessionQuery } from "@/api/session";
import { useDeed } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { SearchChoice } from "@/components/search-choice";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { allZones } from "@/lib/times";
import { useSubmit } from "@/lib/use-submit";
import { changesOf, countsAnew, settingsSchema, type Settings } from "./changes";
import { TagKeys } from "./tag-keys";

interface WorkspaceFormProps {
  settings: Schemas["WorkspaceAnswer"];
}

export function WorkspaceForm({ settings }: WorkspaceFormProps) {
  const may = useMay();
  const queries = useQueryClient();
  const stored: Settings = {
    name: settings.name,
    timezone: settings.timezone,
    tags: settings.tags,
  };
  const form = useForm({
    resolver: zodResolver(settingsSchema),
    values: stored,
    resetOptions: { keepDirtyValues: true },
  });
  const [asked, setAsked] = useState<Settings | null>(null);
  const save = useDeed(
    (api, changes: Partial<Settings>) => api.PATCH("/api/workspace", { body: changes }),
    {
      done: "Saved",
      quiet: true,
      // The workspace's name and zone are in what the session says of it, too.
      onDone: () =>
        void queries.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true }),
    },
  );
  const sent = useRef<HTMLFormElement>(null);
  const { onSubmit, busy, failure } = useSubmit(form, async (values) => {
    const changes = changesOf(stored, values);
    if (countsAnew(changes) && asked === null) {
      setAsked(values);
      return;
    }
    try {
      await save.mutateAsync(changes);
      form.reset(values);
    } finally {
      setAsked(null);
    }
  });
  const { errors, isDirty } = form.formState;
  return (
    <form ref={sent} noValidate onSubmit={onSubmit} className="grid gap-5">
      <Field label="Name" error={errors.name?.message}>
        <Input maxLength={100} disabled={!may.administer} {...form.register("name")} />
      </Field>
      <Field
        label="Time zone"
        hint="Days, months and budgets begin at midnight there."
        error={errors.timezone?.message}
      >
        <Controller
          control={form.control}
          name="timezone"
          render={({ field }) => (
            <SearchChoice
              value={field.value}
              onChange={field.onChange}
              choices={zones(field.value)}
              disabled={!may.administer}
              none="No zone is called that; try a city, such as Berlin."
            />
          )}
        />
      </Field>
      <Controller
        control={form.control}
        name="tags"
        render={({ field, fieldState }) => (
          <TagKeys
            keys={field.value}
            onChange={field.onChange}
            disabled={!may.administer}
            error={fieldState.error?.message ?? errors.tags?.root?.message}
          />
        )}
      />
      {failure !== null && (
        <Notice tone="bad" alert>
          {failure}
        </Notice>
      )}
      {may.administer ? (
        <div className="flex items-center gap-3">
          <Button type="submit" tone="primary" busy={busy || save.isPending} disabled={!isDirty}>
            Save changes
          </Button>
          {isDirty && (
            <Button tone="quiet" onClick={() => form.reset(stored)}>
              Discard
            </Button>
          )}
        </div>
      ) : (
        <p className="text-xs text-muted">Only owners and admins change these.</p>
      )}
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        title="Count the past anew?"
        deed="Save and count anew"
        busy={save.isPending}
        onConfirm={() => sent.current?.requestSubmit()}
      >
        {asked !== null && <WhatChanges stored={stored} asked={asked} />}
      </Confirm>
    </form>
  );
}

function WhatChanges({ stored, asked }: { stored: Settings; asked: Settings }) {
  const zone = stored.timezone !== asked.timezone;
  return (
    <div className="grid gap-2">
      {zone && (
        <p>
          Days will begin at midnight in <strong>{asked.timezone}</strong> instead of{" "}
          <strong>{stored.timezone}</strong>. Calls near midnight move to another day, so past days,
          months and what budgets spent may change. No call and no cost does.
        </p>
      )}
      {stored.tags.join() !== asked.tags.join() && (
        <p>
          Past calls are counted by the tags that are now declared. One that no longer is stays on
          its calls, but nothing can be grouped by it any more.
        </p>
      )}
      <p>It takes from seconds to minutes, by how many days there are; progress is shown here.</p>
    </div>
  );
}

/** Return the zones to choose from, with the stored one where the browser has another name for it. */
function zones(stored: string): string[] {
  const all = allZones();
  return all.includes(stored) ? all : [stored, ...all];
}
