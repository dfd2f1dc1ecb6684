import { useId, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { Misread } from "@/components/page";
import { TimeRange } from "@/components/time-range";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Check } from "@/components/ui/check";
import { inputLook } from "@/components/ui/field";
import { Empty, explain } from "@/components/ui/states";
import { PRICE_STATUS } from "@/lib/dimensions";
import { useUrlState } from "@/lib/url-state";
import { Frame, usePricesPath } from "./frame";
import {
  FIELDS,
  previewOf,
  readModels,
  type PriceStatus,
  type RepriceChoice,
} from "./reprice-form";

/** Chooses calls of the past and asks what pricing them again would change. */
export default function Reprice() {
  const { zone } = useWorkspace();
  const { administer } = useMay();
  const { values, set, misread } = useUrlState(FIELDS);
  const base = usePricesPath();
  const navigate = useNavigate();
  const ids = { provider: useId(), models: useId() };
  const [models, setModels] = useState(values.model.join("\n"));
  const preview = useDeed(
    (api, choice: RepriceChoice) =>
      api.POST("/api/prices/reprice", { body: previewOf(choice, zone) }),
    {
      quiet: true,
      onDone: (repricing) => {
        if (repricing !== undefined) void navigate(`${base}/repricings/${String(repricing.id)}`);
      },
    },
  );
  if (!administer) {
    return (
      <Frame title="Price calls again">
        <Empty title="An admin can do that">
          Pricing calls again changes what the workspace has spent. Ask one of its admins.
        </Empty>
      </Frame>
    );
  }
  const choice = { ...values, model: readModels(models) };
  const toggle = (status: PriceStatus) => {
    const { price_status: had } = values;
    set(
      {
        price_status: had.includes(status)
          ? had.filter((each) => each !== status)
          : [...had, status],
      },
      { replace: true },
    );
  };
  return (
    <Frame
      title="Price calls again"
      about="A price that was set late, or corrected, changes no call by itself. Choose calls; what it would change is shown first, and nothing happens before you say so."
    >
      <Misread names={misread} />
      <Card>
        <form
          className="grid max-w-2xl gap-5"
          onSubmit={(submitted) => {
            submitted.preventDefault();
            preview.mutate(choice);
          }}
        >
          <div className="grid gap-1.5">
            <span className="text-sm font-medium">Calls made in</span>
            <div>
              <TimeRange
                range={values.range}
                onRange={(range) => set({ range }, { replace: true })}
                zone={zone}
              />
            </div>
          </div>
          <div className="grid gap-1.5">
            <label htmlFor={ids.provider} className="text-sm font-medium">
              Provider
            </label>
            <input
              id={ids.provider}
              className={inputLook}
              value={values.provider}
              maxLength={256}
              placeholder="Any"
              onChange={({ target }) => set({ provider: target.value }, { replace: true })}
            />
          </div>
          <div className="grid gap-1.5">
            <label htmlFor={ids.models} className="text-sm font-medium">
              Models
            </label>
            <textarea
              id={ids.models}
              rows={3}
              className={`${inputLook} h-auto py-2`}
              value={models}
              placeholder="Any"
              aria-describedby={`${ids.models}-hint`}
              onChange={({ target }) => setModels(target.value)}
              onBlur={() => set({ model: readModels(models) }, { replace: true })}
            />
            <p id={`${ids.models}-hint`} className="text-xs text-muted">
              By the names that the calls have, one a line.
            </p>
          </div>
          <fieldset className="grid gap-1.5">
            <legend className="mb-1.5 text-sm font-medium">Only calls that are</legend>
            <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
              {Object.entries(PRICE_STATUS).map(([status, name]) => (
                <Check
                  key={status}
                  label={name}
                  checked={values.price_status.includes(status as PriceStatus)}
                  onChange={() => toggle(status as PriceStatus)}
                />
              ))}
            </div>
            <p className="text-xs text-muted">None chosen: all of them.</p>
          </fieldset>
          {preview.isError && (
            <p role="alert" className="text-sm text-bad">
              {explain(preview.error).title}: {explain(preview.error).detail}
            </p>
          )}
          <div className="flex items-center gap-3">
            <Button type="submit" tone="primary" busy={preview.isPending}>
              Show what would change
            </Button>
            <Link to={`${base}/repricings`} className="text-sm text-accent underline">
              All repricings
            </Link>
          </div>
        </form>
      </Card>
    </Frame>
  );
}
