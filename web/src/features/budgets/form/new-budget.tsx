import { zodResolver } from "@hookform/resolvers/zod";
import { FormProvider, useForm } from "react-hook-form";
import { useNavigate } from "react-router";
import { useDeclaredTags } from "@/api/declared-tags";
import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { FormFoot } from "@/components/form-foot";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field, Input } from "@/components/ui/field";
import { inWords, nameOf } from "@/lib/dimensions";
import { useSubmit } from "@/lib/use-submit";
import { PERIODS } from "../periods";
import { useBudgets } from "../reads";
import { EACH, everyOne, readScope, samePlace } from "../scope";
import { AlertFields } from "./alert-fields";
import { BacktestView } from "./backtest-view";
import { ScopeField } from "./scope-field";
import {
  EMPTY,
  schema,
  scopeOf,
  toRequest,
  type NewBudget as Request,
  type Values,
} from "./values";
import { WhenFields } from "./when-fields";

/** The form for a new budget, with what it would have done beside it. */
export default function NewBudget({ onClose }: { onClose: () => void }) {
  const { id: workspace } = useWorkspace();
  const navigate = useNavigate();
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: EMPTY });
  const { errors } = form.formState;
  const tags = useDeclaredTags();
  const values = form.watch();
  const parsed = schema.safeParse(values);
  const twin = useTwin(values);
  const make = useDeed((api, body: Request) => api.POST("/api/budgets", { body }), {
    quiet: true,
    done: (budget) =>
      twin === undefined
        ? `${budget?.name ?? "The budget"} is set`
        : `${budget?.name ?? "The budget"} is changed`,
    onDone: (budget) => {
      onClose();
      if (budget !== undefined) {
        void navigate(`/w/${workspace}/budgets/${budget.id}`, { state: { notes: budget.notes } });
      }
    },
  });
  const { onSubmit, ...sending } = useSubmit(form, async (sound) => {
    await make.mutateAsync(toRequest(schema.parse(sound)));
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="New budget"
      about="You are told once for each threshold that is passed."
      wide
      firm
    >
      <form noValidate onSubmit={onSubmit}>
        <div className="grid gap-6 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
          <div className="grid content-start gap-4">
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label="Amount in USD" error={errors.budget_amount?.message}>
                <Input
                  inputMode="decimal"
                  placeholder="500"
                  maxLength={30}
                  autoComplete="off"
                  {...form.register("budget_amount")}
                />
              </Field>
              <Field label="Every" error={errors.period?.message}>
                <Choice
                  {...form.register("period", {
                    onChange: () => {
                      form.setValue("from", "");
                      form.setValue("month", "");
                    },
                  })}
                >
                  {Object.entries(PERIODS).map(([period, name]) => (
                    <option key={period} value={period}>
                      {name}
                    </option>
                  ))}
                </Choice>
              </Field>
            </div>
            <WhenFields form={form} />
            <ScopeField form={form} tags={tags} />
            <Field
              label="For"
              hint={
                values.each === ""
                  ? undefined
                  : `${nameOf(values.each)} by ${inWords(values.each)}: each may spend the amount, and alerts name whose it is.`
              }
              error={errors.each?.message}
            >
              <Choice {...form.register("each")}>
                <option value="">all of it together</option>
                {EACH.map((each) => (
                  <option key={each} value={each}>
                    {everyOne(each)} by itself
                  </option>
                ))}
              </Choice>
            </Field>
            <FormProvider {...form}>
              <AlertFields />
            </FormProvider>
            <Field
              label="Name"
              hint="Left empty, it is named by what it counts."
              error={errors.name?.message}
            >
              <Input maxLength={100} autoComplete="off" {...form.register("name")} />
            </Field>
          </div>
          <BacktestView request={parsed.success ? toRequest(parsed.data) : null} />
        </div>
        {twin !== undefined && (
          <p role="status" className="mt-4 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
            “<bdi>{twin.name}</bdi>” counts the same already: saving changes it instead of making
            another.
          </p>
        )}
        <div className="mt-5 grid gap-4">
          <FormFoot
            deed={twin === undefined ? "Set budget" : "Change budget"}
            onCancel={onClose}
            {...sending}
          />
        </div>
      </form>
    </Dialog>
  );
}

/** Return the budget that the API would change, because it counts the same as the one in the form. */
function useTwin(values: Values) {
  const { data } = useBudgets();
  const place = {
    scope: scopeOf(values.scope),
    each: values.each === "" ? null : values.each,
    period: values.period,
    month: values.period === "month" && values.month !== "" ? values.month.slice(0, 7) : null,
  };
  return data?.pages
    .flatMap((page) => page.budgets)
    .find((one) => samePlace(place, { ...one, scope: readScope(one.scope) }));
}
