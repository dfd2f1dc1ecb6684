import { Controller, useFormContext } from "react-hook-form";
import { ChannelsField } from "./channels-field";
import { ThresholdsField } from "./thresholds-field";

/** When a budget alerts, and whom: the same of a new one and of one that is changed. */
export function AlertFields() {
  const { control, formState } = useFormContext<{ thresholds: string[]; channels: number[] }>();
  const { thresholds, channels } = formState.errors;
  return (
    <>
      <Controller
        control={control}
        name="thresholds"
        render={({ field }) => (
          <ThresholdsField
            value={field.value}
            onChange={field.onChange}
            error={thresholds?.message ?? thresholds?.root?.message}
          />
        )}
      />
      <Controller
        control={control}
        name="channels"
        render={({ field }) => (
          <ChannelsField value={field.value} onChange={field.onChange} error={channels?.message} />
        )}
      />
    </>
  );
}
