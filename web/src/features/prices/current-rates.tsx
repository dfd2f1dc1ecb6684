import { useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/states";
import { documentOf } from "@/lib/price-document";
import { PriceDialog } from "./price-dialog";
import { RateLines } from "./rate-lines";
import { contextName, LAYERS } from "./rates";
import { TakeBack } from "./take-back";
import type { Price } from "./use-price-pages";

interface CurrentRatesProps {
  prices: readonly Price[];
  administer: boolean;
}

/** What holds now, by context; of several in one context, which goes first. */
export function CurrentRates({ prices, administer }: CurrentRatesProps) {
  const [editing, setEditing] = useState<Price | null>(null);
  const [ending, setEnding] = useState<Price | null>(null);
  if (prices.length === 0) {
    return (
      <Empty title="No price holds now">
        Calls of this name are charged only if the book finds them under another one: as another
        provider&apos;s model, without a date or version at its end, or by a name of your own.
      </Empty>
    );
  }
  return (
    <>
      <ul className="grid gap-3 p-4 pt-2 sm:grid-cols-2 xl:grid-cols-3">
        {prices.map((price) => (
          <li key={price.id} className="grid content-start gap-2 rounded-md border border-line p-3">
            <div className="flex flex-wrap items-center gap-2">
              <h3 className="font-medium">{contextName(price.context)}</h3>
              <Badge tone={price.layer === "custom" ? "accent" : "neutral"}>
                {LAYERS[price.layer]}
              </Badge>
              {!price.effective && (
                <span className="text-xs text-muted">another goes before it</span>
              )}
            </div>
            <RateLines document={documentOf(price.rates)} />
            {price.source !== "" && (
              <p className="text-xs break-words text-muted">{price.source}</p>
            )}
            {price.layer === "custom" && administer && (
              <div className="flex gap-2">
                <Button size="small" onClick={() => setEditing(price)}>
                  Change
                </Button>
                <Button size="small" tone="danger" onClick={() => setEnding(price)}>
                  Take back
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {editing !== null && (
        <PriceDialog start={{ kind: "edit", price: editing }} onClose={() => setEditing(null)} />
      )}
      <TakeBack price={ending} onClose={() => setEnding(null)} />
    </>
  );
}
