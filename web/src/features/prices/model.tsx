import { lazy, Suspense, useMemo, useState } from "react";
import { Link } from "react-router";
import { useRead } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { colorAt } from "@/components/charts/series";
import { Misread } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Coming, Empty, Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { CLASS_NAMES } from "@/lib/token-classes";
import { text, useUrlState } from "@/lib/url-state";
import { CurrentRates } from "./current-rates";
import { Frame, usePricesPath } from "./frame";
import { classesOf, contextsOf, standing, stepsOf, type PastPrice } from "./history";
import { HistoryTable } from "./history-table";
import { PriceDialog } from "./price-dialog";
import { contextName } from "./rates";
import type { Price } from "./use-price-pages";

const PriceChart = lazy(() => import("./price-chart"));
const FIELDS = { provider: text(), model: text(), context: text() };
const MOST_VERSIONS = 1000;
const MOST_CONTEXTS = 200;

/** What a model costs now in every context, and what it did cost. */
export default function Model() {
  const { values, set, misread } = useUrlState(FIELDS);
  const { provider, model } = values;
  const base = usePricesPath();
  if (provider === "" || model === "") {
    return (
      <Frame>
        <Empty
          title="No model is named"
          action={
            <ButtonLink to={base} tone="primary">
              To the book
            </ButtonLink>
          }
        >
          This link does not say which model is meant. The book has all of them.
        </Empty>
      </Frame>
    );
  }
  return (
    <ModelPage
      key={`${provider}/${model}`}
      provider={provider}
      model={model}
      context={values.context}
      onContext={(context) => set({ context })}
      misread={misread}
    />
  );
}

interface ModelPageProps {
  provider: string;
  model: string;
  context: string;
  onContext: (context: string) => void;
  misread: readonly string[];
}

function ModelPage({ provider, model, context, onContext, misread }: ModelPageProps) {
  const { id } = useWorkspace();
  const { administer } = useMay();
  const [pricing, setPricing] = useState(false);
  const named = { provider, model };
  const current = useRead(
    ["prices", "current", named],
    (api, signal) =>
      api.GET("/api/prices", {
        params: { query: { ...named, limit: MOST_CONTEXTS } },
        signal,
      }),
    { keep: false },
  );
  const history = useRead(
    ["prices", "history", named],
    (api, signal) =>
      api.GET("/api/prices/history", {
        params: { query: { ...named, limit: MOST_VERSIONS } },
        signal,
      }),
    { keep: false },
  );
  const listed = current.data?.prices.find((price) => price.effective && price.context === "");
  return (
    <Frame
      title={model === "*" ? `All models of ${provider}` : model}
      about={
        <>
          at {provider} ·{" "}
          <Link
            to={`/w/${String(id)}/events?${new URLSearchParams(named).toString()}`}
            className="text-accent underline underline-offset-2"
          >
            its calls
          </Link>
        </>
      }
      actions={
        administer && (
          <Button tone="primary" onClick={() => setPricing(true)}>
            {listed === undefined ? "Give it a price" : "Set your own price"}
          </Button>
        )
      }
    >
      <Misread names={misread} />
      <Card
        title="In force now"
        about="USD per million tokens. What is charged is the first that fits the call: its exact context, else the standard one."
        flush
      >
        <QueryView query={current} skeleton={<Skeleton className="mx-4 mb-4 h-32" />}>
          {({ prices }) => <CurrentRates prices={prices} administer={administer} />}
        </QueryView>
      </Card>
      <Card title="What it did cost" flush>
        <QueryView query={history} skeleton={<Skeleton className="mx-4 mb-4 h-64" />}>
          {({ prices, next_cursor: more }) => (
            <History prices={prices} more={more !== null} context={context} onContext={onContext} />
          )}
        </QueryView>
      </Card>
      {pricing && (
        <PriceDialog start={startOf(provider, model, listed)} onClose={() => setPricing(false)} />
      )}
    </Frame>
  );
}

function startOf(provider: string, model: string, listed: Price | undefined) {
  if (listed === undefined) return { kind: "unpriced", provider, model } as const;
  return { kind: "model", provider, model, price: listed } as const;
}

interface HistoryProps {
  prices: readonly PastPrice[];
  more: boolean;
  context: string;
  onContext: (context: string) => void;
}

function History({ prices, more, context: asked, onContext }: HistoryProps) {
  const [now] = useState(Date.now);
  const contexts = useMemo(() => contextsOf(standing(prices)), [prices]);
  const context = contexts.includes(asked) ? asked : (contexts[0] ?? "");
  const steps = useMemo(() => stepsOf(prices, context), [prices, context]);
  const classes = useMemo(() => classesOf(steps), [steps]);
  if (prices.length === 0) {
    return (
      <Empty title="Nothing was ever recorded">
        The book has no price of this name, neither now nor before.
      </Empty>
    );
  }
  return (
    <div className="grid gap-4">
      {contexts.length > 1 && (
        <div className="flex px-4">
          <Segments
            label="Context"
            value={context}
            onChange={onContext}
            choices={contexts.map((each) => [each, contextName(each)] as const)}
          />
        </div>
      )}
      {classes.length > 0 && (
        <figure className="grid gap-2 px-4">
          <Suspense fallback={<Coming className="h-60" />}>
            <PriceChart steps={steps} classes={classes} now={now} />
          </Suspense>
          <figcaption>
            <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
              {classes.map((name, place) => (
                <li key={name} className="flex items-center gap-1.5">
                  <span
                    aria-hidden
                    className="size-2.5 rounded-sm"
                    style={{ background: colorAt(place) }}
                  />
                  {CLASS_NAMES[name]}
                </li>
              ))}
            </ul>
          </figcaption>
        </figure>
      )}
      <HistoryTable prices={prices.filter((price) => price.context === context)} />
      {more && (
        <p className="px-4 pb-3 text-xs text-muted">
          The newest {MOST_VERSIONS} versions of all contexts; the API has the older ones.
        </p>
      )}
    </div>
  );
}
