import { useState } from "react";
import { useWorkspace } from "@/api/workspace";
import { Button, ButtonLink } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { instant } from "@/lib/times";
import { usePricesPath } from "./frame";
import { repriceQuery } from "./reprice-form";
import type { Price } from "./use-price-pages";

/** What a new price means for the calls that were before it was set. */
export function PriceSaved({ price, onClose }: { price: Price; onClose: () => void }) {
  const { zone } = useWorkspace();
  const base = usePricesPath();
  const { valid_until: until } = price;
  const from = price.valid_from ?? "2020-01-01T00:00:00Z";
  // A moment's grace: "from now on" is past by the time it is shown.
  const [now] = useState(Date.now);
  const past = now - Date.parse(from) > MOMENT_MS;
  const everyModel = price.model === "*";
  return (
    <Dialog open onClose={onClose} title="The price is set">
      <div className="grid gap-4 text-sm">
        <p role="status">
          Calls that come in from now on are charged by it
          {Date.parse(from) > now && `, once it begins on ${instant(from, zone)}`}
          {until !== null &&
            Date.parse(until) <= now &&
            `, if they were made before ${instant(until, zone)}`}
          . Calls that had no price get one within a minute.
        </p>
        {past && (
          <p>
            Calls since {instant(from, zone)} that were charged already keep what they cost, until
            you price them again. See what that would change first.
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {past && (
            <ButtonLink
              to={`${base}/reprice?${repriceQuery(price.provider, everyModel ? [] : [price.model], from, zone)}`}
            >
              Price them again…
            </ButtonLink>
          )}
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

const MOMENT_MS = 60_000;
