import clsx from "clsx";
import { CircleCheck } from "lucide-react";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { ButtonLink } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/states";
import { useWorkspace } from "@/api/workspace";
import { PRICE_STATUS } from "@/lib/dimensions";
import { instant } from "@/lib/times";
import { useFirstEvent } from "./first-event";

/** Says, as soon as it is so, that a call arrived and what it cost. */
export function Waiting() {
  const { id, zone } = useWorkspace();
  const { known, arrived, fresh } = useFirstEvent();
  if (!known) return <Skeleton className="h-24" />;
  return (
    <div
      role="status"
      className={clsx(
        "flex flex-wrap items-center gap-x-4 gap-y-3 rounded-lg border p-4",
        arrived === null ? "border-line bg-surface" : "border-good bg-good-soft",
      )}
    >
      {arrived === null ? (
        <>
          <span aria-hidden className="relative grid size-5 place-items-center">
            <span className="absolute size-5 animate-ping rounded-full bg-accent opacity-30" />
            <span className="size-2.5 rounded-full bg-accent" />
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium">Waiting for your first event…</p>
            <p className="text-sm text-muted">
              Nothing to reload: it appears here within seconds of the call.
            </p>
          </div>
        </>
      ) : (
        <>
          <CircleCheck aria-hidden className="size-5 text-good" />
          <div className="min-w-0 flex-1">
            <p className="font-medium text-good">
              {fresh ? "Your event arrived" : "Events arrive here"}
            </p>
            <div className="mt-1 flex min-w-0 flex-wrap items-baseline gap-x-2 text-sm">
              <Name mono className="max-w-full">{`${arrived.provider}/${arrived.model}`}</Name>
              {arrived.cost === null ? (
                <span>{PRICE_STATUS[arrived.priceStatus] ?? "Its cost is not known"}</span>
              ) : (
                <Money amount={arrived.cost} className="font-medium" />
              )}
              <span className="text-muted">{instant(arrived.timestamp, zone)}</span>
            </div>
          </div>
          <div className="flex flex-wrap gap-2">
            <ButtonLink to={`/w/${id}/events?event=${arrived.id}`}>See it in full</ButtonLink>
            <ButtonLink to={`/w/${id}`} tone="primary">
              To the overview
            </ButtonLink>
          </div>
        </>
      )}
    </div>
  );
}
