import type { UseFormReturn } from "react-hook-form";
import { useWorkspace } from "@/api/workspace";
import { Choice, Field, Input } from "@/components/ui/field";
import { nameOfPeriod, shifted, startOf, todayIn } from "../periods";
import type { Period } from "../scope";
import type { Values } from "./values";

const BACK = 12;
const AHEAD = 12;

/** From when a budget holds, or of which one month it is. */
export function WhenFields({ form }: { form: UseFormReturn<Values> }) {
  const { errors } = form.formState;
  const period = form.watch("period");
  const month = form.watch("month");
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {period === "month" && (
        <Field label="Which months" error={errors.month?.message}>
          <Choice {...form.register("month")}>
            <option value="">every month</option>
            <Starts period="month" word="only" />
          </Choice>
        </Field>
      )}
      {month === "" && (
        <FromField
          period={period}
          value={form.watch("from")}
          onChange={(from) => form.setValue("from", from)}
          error={errors.from?.message}
          hint="What was spent before it does not count."
        />
      )}
    </div>
  );
}

interface FromFieldProps {
  period: Period;
  /** A first day of a period; empty: the current one. */
  value: string;
  onChange: (from: string) => void;
  error?: string | undefined;
  hint?: string;
}

/** The period from which an amount holds: amounts hold for whole periods. */
export function FromField({ period, value, onChange, error, hint }: FromFieldProps) {
  if (period === "day") {
    return (
      <Field label="From" error={error} hint={hint ?? "Empty: from today on."}>
        <Input
          type="date"
          min="2020-01-01"
          max="2099-12-31"
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      </Field>
    );
  }
  return (
    <Field label="From" error={error} hint={hint}>
      <Choice value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">this {period} on</option>
        <Starts period={period} word="on" />
      </Choice>
    </Field>
  );
}

function Starts({ period, word }: { period: Period; word: string }) {
  const { zone } = useWorkspace();
  const current = startOf(period, todayIn(zone));
  const starts = Array.from({ length: BACK + AHEAD + 1 }, (_, n) =>
    shifted(period, current, AHEAD - n),
  );
  return starts.map((start) => (
    <option key={start} value={start}>
      {nameOfPeriod(period, start)} {word}
    </option>
  ));
}
