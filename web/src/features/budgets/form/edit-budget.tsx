import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { z } from "zod";
import { useDeed } from "@/api/use-read";
import { useValueNames } from "@/api/value-names";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { compare } from "@/lib/money";
import { useSubmit } from "@/lib/use-submit";
import { nameOfPeriod, startOf } from "../periods";
import type { Budget } from "../reads";
import { readScope, writeScope } from "../scope";
import { ScopeWords } from "../scope-words";
import { AlertFields } from "./alert-fields";
import { BacktestView } from "./backtest-view";
import { amountField, nameField, thresholdsField } from "./values";
import { FromField } from "./when-fields";

const schema = z.object({
  name: nameField.min(1, "A budget has a name."),
  budget_amount: amountField,
  from: z.string(),
  thresholds: thresholdsField,
  channels: z.array(z.number()),
});
type Values = z.input<typeof schema>;
interface Change {
  name?: string;
  budget_amount?: string;
  from?: string;
  thresholds?: string[];
  channels?: number[];
}

/** The form that changes a budget. What it counts stays: that would be another budget. */
export default function EditBudget({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  // What is there when it opens; later news must not undo what is being typed.
  const [before] = useState(budget);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: {
      name: before.name,
      budget_amount: before.budget_amount,
      from: "",
      thresholds: before.thresholds,
      channels: before.channels,
    },
  });
  const { errors } = form.formState;
  const scope = readScope(before.scope);
  const nameValue = useValueNames("api_key" in scope);
  const change = useDeed(
    (api, body: Change) =>
      api.PATCH("/api/budgets/{id}", { params: { path: { id: before.id } }, body }),
    { quiet: true, done: "The budget is changed", onDone: onClose },
  );
  const values = form.watch();
  const parsed = schema.safeParse(values);
  const changed = parsed.success ? changeOf(before, parsed.data) : {};
  const amountChanges = parsed.success && changed.budget_amount !== undefined;
  const { onSubmit, ...sending } = useSubmit(form, async (sound) => {
    const body = changeOf(before, schema.parse(sound));
    if (Object.keys(body).length === 0) onClose();
    else await change.mutateAsync(body);
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Change budget"
      about={<ScopeWords scope={scope} each={before.each} nameValue={nameValue} />}
      wide
      firm
    >
      <form noValidate onSubmit={onSubmit}>
        <div className="grid gap-6 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
          <div className="grid content-start gap-4">
            <Field label="Name" error={errors.name?.message}>
              <Input maxLength={100} autoComplete="off" {...form.register("name")} />
            </Field>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field
                label="Amount in USD"
                error={errors.budget_amount?.message}
                hint={
                  before.month === null
                    ? `Of ${nameOfPeriod(before.period, before.period_start)}`
                    : undefined
                }
              >
                <Input
                  inputMode="decimal"
                  maxLength={30}
                  autoComplete="off"
                  {...form.register("budget_amount")}
                />
              </Field>
              {before.month === null && (amountChanges || values.from !== "") && (
                <FromField
                  period={before.period}
                  value={values.from}
                  onChange={(from) => form.setValue("from", from)}
                  error={errors.from?.message}
                  hint="The periods it holds for alert anew, once."
                />
              )}
            </div>
            <FormProvider {...form}>
              <AlertFields />
            </FormProvider>
          </div>
          <BacktestView
            request={
              parsed.success
                ? {
                    scope: writeScope(scope),
                    period: before.period,
                    ...(before.each === null ? {} : { each: before.each }),
                    ...(before.month === null ? {} : { month: before.month }),
                    budget_amount: parsed.data.budget_amount,
                    thresholds: parsed.data.thresholds,
                    channels: [],
                  }
                : null
            }
          />
        </div>
        <div className="mt-5 grid gap-4">
          <FormFoot deed="Save" onCancel={onClose} {...sending} />
        </div>
      </form>
    </Dialog>
  );
}

function changeOf(before: Budget, after: z.output<typeof schema>): Change {
  const same = (one: readonly unknown[], other: readonly unknown[]) =>
    one.length === other.length && one.every((each) => other.includes(each));
  const amount = compare(after.budget_amount, before.budget_amount) !== 0 || after.from !== "";
  return {
    ...(after.name === before.name ? {} : { name: after.name }),
    ...(amount ? { budget_amount: after.budget_amount } : {}),
    ...(amount && after.from !== "" ? { from: startOf(before.period, after.from) } : {}),
    ...(same(after.thresholds, before.thresholds) ? {} : { thresholds: after.thresholds }),
    ...(same(after.channels, before.channels) ? {} : { channels: after.channels }),
  };
}
