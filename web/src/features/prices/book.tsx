import type { ColumnDef } from "@tanstack/react-table";
import { useId, useMemo } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/workspace";
import { DataTable } from "@/components/data-table";
import { Money } from "@/components/money";
import { More } from "@/components/more";
import { Name } from "@/components/name";
import { Misread } from "@/components/page";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { inputLook } from "@/components/ui/field";
import { Empty, Failure, Skeleton, Stale } from "@/components/ui/states";
import { many } from "@/lib/numbers";
import { documentOf } from "@/lib/price-document";
import { day, instant } from "@/lib/times";
import type { TokenClass } from "@/lib/token-classes";
import { choice, text, useUrlState, type Field } from "@/lib/url-state";
import { Catalogue } from "./catalogue";
import { Frame, useModelPath } from "./frame";
import { PriceDialogButton } from "./price-dialog-button";
import { contextName, extrasOf, LAYERS, rateOf, sayFactor } from "./rates";
import { Unpriced } from "./unpriced";
import { usePricePages, type Layer, type Price } from "./use-price-pages";

const FIELDS = {
  search: text(),
  provider: text(),
  layer: choice<Layer | "">(["", "catalogue", "override", "custom"], ""),
  at: dayField(),
};

/** The book: what every model costs, now or on a day. */
export function Book() {
  const { values, set, misread } = useUrlState(FIELDS);
  const { administer } = useMay();
  const pages = usePricePages({ ...values, search: values.search.trim() });
  const prices = useMemo(() => pages.data?.pages.flatMap(({ prices }) => prices), [pages.data]);
  const modelPath = useModelPath();
  const columns = useMemo(() => columnsOf(modelPath), [modelPath]);
  const first = pages.data?.pages[0];
  return (
    <Frame
      about={first && <Catalogue state={first.catalogue} />}
      actions={administer && <PriceDialogButton />}
    >
      <Misread names={misread} />
      <Unpriced />
      <Card
        title={values.at === "" ? "Prices in force" : `Prices in force on ${day(values.at)}`}
        about="USD per million tokens. A price of yours goes before a correction, and that before the list."
        flush
      >
        <BookFilters {...values} onChange={(changes) => set(changes, { replace: true })} />
        {pages.isError && prices !== undefined && (
          <Stale error={pages.error} retry={() => void pages.refetch()} />
        )}
        {prices === undefined ? (
          pages.isError ? (
            <Failure error={pages.error} retry={() => void pages.refetch()} />
          ) : (
            <Waiting />
          )
        ) : prices.length === 0 ? (
          <Empty
            title="No such price"
            action={
              <Button onClick={() => set({ search: "", provider: "", layer: "", at: "" })}>
                The whole book
              </Button>
            }
          >
            No price in force is one that these words mean. Models are found by the beginning of
            their name.
          </Empty>
        ) : (
          <div aria-busy={pages.isPlaceholderData || undefined}>
            <DataTable
              caption="Prices in force, by model"
              rows={prices}
              columns={columns}
              rowId={({ id }) => String(id)}
            />
            <div className="border-t border-line px-4 py-2 text-xs text-muted">
              <span role="status">
                {many(prices.length, "price")}
                {pages.hasNextPage ? " shown, there are more" : " in all"}
              </span>
            </div>
            <More pages={pages} />
          </div>
        )}
      </Card>
    </Frame>
  );
}

interface BookFiltersProps {
  search: string;
  provider: string;
  layer: Layer | "";
  at: string;
  onChange: (changes: {
    search?: string;
    provider?: string;
    layer?: Layer | "";
    at?: string;
  }) => void;
}

function BookFilters({ search, provider, layer, at, onChange }: BookFiltersProps) {
  const id = useId();
  return (
    <form
      role="search"
      aria-label="Prices"
      onSubmit={(event) => event.preventDefault()}
      className="grid grid-cols-2 gap-3 px-4 pt-2 pb-3 text-xs md:grid-cols-[2fr_1fr_1fr_1fr]"
    >
      <label className="col-span-2 grid gap-1 md:col-span-1">
        Model begins with
        <input
          type="search"
          className={inputLook}
          value={search}
          maxLength={255}
          placeholder="gpt-4o"
          onChange={({ target }) => onChange({ search: target.value })}
        />
      </label>
      <label className="grid gap-1">
        Provider
        <input
          className={inputLook}
          list={id}
          value={provider}
          maxLength={256}
          placeholder="Any"
          onChange={({ target }) => onChange({ provider: target.value })}
        />
        <datalist id={id}>
          {PROVIDERS.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <label className="grid gap-1">
        From
        <select
          className={inputLook}
          value={layer}
          onChange={({ target }) => onChange({ layer: target.value as Layer | "" })}
        >
          <option value="">Everywhere</option>
          <option value="catalogue">The price list</option>
          <option value="override">Corrections of the list</option>
          <option value="custom">Your own prices</option>
        </select>
      </label>
      <label className="grid gap-1">
        As of
        <input
          type="date"
          className={inputLook}
          value={at}
          min="2020-01-01"
          onChange={({ target }) => onChange({ at: target.value })}
        />
      </label>
    </form>
  );
}

// Suggestions alone: every other provider can be typed.
const PROVIDERS = [
  "anthropic",
  "aws",
  "azure",
  "cohere",
  "deepseek",
  "fireworks",
  "google",
  "groq",
  "mistral",
  "openai",
  "openrouter",
  "perplexity",
  "together",
  "x-ai",
];

function columnsOf(path: (provider: string, model: string) => string): ColumnDef<Price>[] {
  const rate = (name: TokenClass, header: string, wide: boolean): ColumnDef<Price> => ({
    id: name,
    header,
    enableSorting: false,
    meta: { figures: true, wide },
    cell: ({ row }) => {
      const document = documentOf(row.original.rates);
      if (document.factor !== undefined) {
        return name === "input" ? (
          <span className="whitespace-nowrap">{sayFactor(document.factor)}</span>
        ) : null;
      }
      const amount = rateOf(document, name);
      return amount === null ? <span className="text-muted">–</span> : <Money amount={amount} />;
    },
  });
  return [
    {
      id: "model",
      header: "Model",
      enableSorting: false,
      meta: { className: "max-w-36 sm:max-w-72" },
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <Link
            to={path(original.provider, original.model)}
            className="block font-medium text-accent hover:underline"
          >
            <Name>{original.model === "*" ? "All models" : original.model}</Name>
          </Link>
          <Name className="text-xs text-muted">{original.provider}</Name>
        </div>
      ),
    },
    {
      id: "context",
      header: "Context",
      enableSorting: false,
      meta: { wide: true, className: "max-w-40" },
      cell: ({ row: { original } }) => <Name>{contextName(original.context)}</Name>,
    },
    rate("input", "Input", false),
    rate("cache_read", "Cache read", true),
    rate("output", "Output", false),
    {
      id: "extras",
      header: "Also",
      enableSorting: false,
      meta: { wide: true, className: "text-xs text-muted" },
      cell: ({ row: { original } }) => extrasOf(documentOf(original.rates)).join(", "),
    },
    {
      id: "layer",
      header: "From",
      enableSorting: false,
      meta: { wide: true },
      cell: ({ row: { original } }) => (
        <span className="flex items-center gap-1.5">
          <Badge tone={original.layer === "custom" ? "accent" : "neutral"}>
            {LAYERS[original.layer]}
          </Badge>
          {!original.effective && (
            <span
              className="text-xs text-muted"
              title="Another price of the same model goes before it"
            >
              not used
            </span>
          )}
        </span>
      ),
    },
    {
      id: "since",
      header: "Since",
      enableSorting: false,
      meta: { wide: true, className: "whitespace-nowrap text-muted" },
      cell: ({ row: { original } }) =>
        original.valid_from === null ? "always" : instant(original.valid_from, "UTC").split(",")[0],
    },
  ];
}

function dayField(): Field<string> {
  return {
    fallback: "",
    read: ([value = ""]) =>
      /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined,
    write: (value) => (value === "" ? [] : [value]),
  };
}

function Waiting() {
  return (
    <div aria-busy="true" className="grid gap-px">
      <span role="status" className="sr-only">
        Loading
      </span>
      {Array.from({ length: 12 }, (_, place) => (
        <Skeleton key={place} className="mx-4 my-1.5 h-9" />
      ))}
    </div>
  );
}
