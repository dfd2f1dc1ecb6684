import { ChevronDown, ChevronUp } from "lucide-react";
import { useState } from "react";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Drawer } from "@/components/ui/drawer";
import { Skeleton } from "@/components/ui/states";
import { exactInstant } from "@/lib/times";
import { Charge } from "./charge-section";
import { Details } from "./details-section";
import { useEventInFull } from "./event-in-full";
import { History } from "./history-section";
import { Mend } from "./mend-section";
import { Price } from "./price-section";
import { SameResponse } from "./same-response-section";
import { Verbatim } from "./verbatim-section";

interface EventPanelProps {
  /** Null: closed. */
  id: string | null;
  zone: string;
  /** The calls of the list, to go from one to the next. */
  order: readonly string[];
  onShow: (id: string) => void;
  onClose: () => void;
}

/** One call in full, beside the list. */
export function EventPanel({ id, zone, order, onShow, onClose }: EventPanelProps) {
  // While it closes, it still shows what it was of.
  const [shown, setShown] = useState(id);
  if (id !== null && id !== shown) setShown(id);
  const event = useEventInFull(shown);
  const place = shown === null ? -1 : order.indexOf(shown);
  const step = (by: number) => (place === -1 ? undefined : order[place + by]);
  const newer = step(-1);
  const older = step(1);
  const loaded = event.data?.id === shown ? event.data : undefined;
  return (
    <Drawer
      open={id !== null}
      onClose={onClose}
      focusAfter={() => document.querySelector(`[data-row="${shown ?? ""}"]`)}
      title={loaded === undefined ? "Call" : <Name>{`Call of ${loaded.model}`}</Name>}
      actions={
        <>
          {loaded !== undefined && (
            <CopyButton text={JSON.stringify(loaded, null, 2)} label="Copy as JSON" />
          )}
          <Button
            tone="quiet"
            size="small-icon"
            aria-label="Newer call"
            disabled={newer === undefined}
            onClick={() => newer !== undefined && onShow(newer)}
          >
            <ChevronUp aria-hidden />
          </Button>
          <Button
            tone="quiet"
            size="small-icon"
            aria-label="Older call"
            disabled={older === undefined}
            onClick={() => older !== undefined && onShow(older)}
          >
            <ChevronDown aria-hidden />
          </Button>
        </>
      }
    >
      <QueryView query={event} skeleton={<Waiting />}>
        {(data) => (
          <div
            className="grid grid-cols-[minmax(0,1fr)] gap-6"
            aria-busy={data.id !== shown || undefined}
          >
            <p className="figures -mt-1 text-sm text-muted">
              {exactInstant(data.timestamp, zone)} at {data.provider}
            </p>
            <Charge event={data} />
            <Mend key={data.id} event={data} />
            <Price event={data} zone={zone} />
            <History event={data} zone={zone} />
            <SameResponse event={data} zone={zone} onShow={onShow} />
            <Details event={data} zone={zone} />
            <Verbatim event={data} />
          </div>
        )}
      </QueryView>
    </Drawer>
  );
}

function Waiting() {
  return (
    <div className="grid gap-6">
      <Skeleton className="h-5 w-64" />
      <Skeleton className="h-10 w-32" />
      <Skeleton className="h-40" />
      <Skeleton className="h-24" />
      <Skeleton className="h-64" />
    </div>
  );
}
