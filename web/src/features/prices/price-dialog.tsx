import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Segments } from "@/components/ui/tabs";
import { useSubmit } from "@/lib/use-submit";
import {
  ContextFields,
  DiscountField,
  OtherRateFields,
  PeriodFields,
  RateFields,
} from "./price-fields";
import { bodyOf, fieldOf, FORM, formOf, type PriceForm, type Start } from "./price-form";
import { PriceSaved } from "./price-saved";
import type { Price } from "./use-price-pages";

interface PriceDialogProps {
  start: Start;
  onClose: () => void;
}

/** Sets a price of the workspace's own. */
export function PriceDialog({ start, onClose }: PriceDialogProps) {
  const { zone } = useWorkspace();
  const form = useForm<PriceForm>({
    resolver: zodResolver(FORM),
    defaultValues: formOf(start, zone),
  });
  const [saved, setSaved] = useState<Price | null>(null);
  const put = useDeed(
    (api, values: PriceForm) => api.PUT("/api/prices", { body: bodyOf(values, zone, start) }),
    { quiet: true, onDone: (price) => setSaved(price ?? null) },
  );
  const { onSubmit, ...sending } = useSubmit(
    form,
    async (values) => {
      if (values.kind === "rates") {
        // What the API says of the first tier belongs to the first on screen.
        form.setValue("tiers", values.tiers);
        form.setValue("windows", values.windows);
      }
      await put.mutateAsync(values);
    },
    (field) => fieldOf(form.getValues(), field),
  );
  const { errors } = form.formState;
  const kind = form.watch("kind");
  const fixed = start.kind === "edit";
  if (saved !== null) return <PriceSaved price={saved} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      firm
      title={titleOf(start)}
      about="It holds for this workspace's calls alone and goes before the price list. What it was before stays in the history."
    >
      <form noValidate onSubmit={onSubmit} className="grid gap-5">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Provider" error={errors.provider?.message}>
            <Input {...form.register("provider")} readOnly={fixed} placeholder="openai" />
          </Field>
          <Field
            label="Model"
            error={errors.model?.message}
            hint={
              kind === "discount" ? "One exact name, or * for all of the provider's." : undefined
            }
          >
            <Input {...form.register("model")} readOnly={fixed} placeholder="gpt-4o" />
          </Field>
        </div>
        {!fixed && <ContextFields form={form} />}
        <div className="flex">
          <Segments
            label="What it states"
            value={kind}
            onChange={(next) => form.setValue("kind", next)}
            choices={[
              ["rates", "Rates"],
              ["discount", "A discount on the list"],
            ]}
          />
        </div>
        {kind === "rates" ? (
          <>
            <RateFields form={form} />
            <OtherRateFields form={form} />
          </>
        ) : (
          <DiscountField form={form} />
        )}
        <PeriodFields form={form} start={start} zone={zone} />
        <Field label="Note" hint="Such as the contract it is from." error={errors.note?.message}>
          <Input {...form.register("note")} maxLength={500} />
        </Field>
        <FormFoot deed="Set the price" onCancel={onClose} {...sending} />
      </form>
    </Dialog>
  );
}

function titleOf(start: Start): string {
  switch (start.kind) {
    case "new":
      return "A price of your own";
    case "unpriced":
      return "Give it a price";
    case "model":
      return "Your price of this model";
    case "edit":
      return "A new version of your price";
  }
}
