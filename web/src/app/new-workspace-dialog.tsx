import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useNavigate } from "react-router";
import { z } from "zod";
import { sessionQuery, siteApi } from "@/api/session";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { SearchChoice } from "@/components/search-choice";
import { allZones, isZone, ownZone } from "@/lib/times";
import { useSubmit } from "@/lib/use-submit";

const schema = z.object({
  name: z
    .string()
    .trim()
    .min(1, "A workspace has a name.")
    .max(100, "A name has at most 100 characters."),
  timezone: z.string().refine(isZone, "Choose one of the zones in the list."),
});

/** Makes another workspace, and goes there. */
export default function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: "", timezone: ownZone() },
  });
  const { onSubmit, ...sending } = useSubmit(form, async (values) => {
    const { data } = await siteApi.POST("/api/workspaces", { body: values });
    await queries.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true });
    onClose();
    if (data !== undefined) await navigate(`/w/${String(data.id)}/start`);
  });
  const { errors } = form.formState;
  const zone = form.watch("timezone");
  const [zones] = useState(allZones);
  return (
    <Dialog
      open
      onClose={onClose}
      title="New workspace"
      about="With keys, members, budgets and totals of its own: for another company, product or client."
    >
      <form noValidate onSubmit={onSubmit} className="grid gap-4">
        <Field label="Name" error={errors.name?.message}>
          <Input maxLength={100} autoComplete="off" {...form.register("name")} />
        </Field>
        <Field
          label="Time zone"
          hint="Its days and months begin at midnight there."
          error={errors.timezone?.message}
        >
          <SearchChoice
            value={zone}
            onChange={(next) => form.setValue("timezone", next, { shouldValidate: true })}
            choices={zones}
            none="No zone is called that; try a city, such as Berlin."
          />
        </Field>
        <FormFoot deed="Create workspace" {...sending} />
      </form>
    </Dialog>
  );
}
