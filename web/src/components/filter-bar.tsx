import { Plus, X } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";
import { useRead } from "@/api/use-read";
import { useValueNames } from "@/api/value-names";
import {
  DIMENSIONS,
  inWords,
  nameOf,
  STATUS,
  PRICE_STATUS,
  tagDimension,
  withFilter,
  type Dimension,
  type Filters,
} from "@/lib/dimensions";
import { count } from "@/lib/numbers";
import type { Days } from "@/lib/ranges";
import { Money } from "./money";
import { Name } from "./name";
import { Button } from "./ui/button";
import { inputLook } from "./ui/field";
import { Menu, MenuItem } from "./ui/menu";
import { Popover } from "./ui/popover";
import { Failure, Skeleton } from "./ui/states";

interface FilterBarProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** Values are suggested that were used in these days. */
  days: Days;
  /** The workspace's declared tags. */
  tags?: readonly string[];
}

/** Which calls are meant: a chip for each dimension that is filtered by, and a way to more. */
export function FilterBar({ filters, onChange, days, tags = [] }: FilterBarProps) {
  // Chosen from the menu and still without a value.
  const [begun, setBegun] = useState<Dimension | null>(null);
  const dimensions = [...Object.keys(DIMENSIONS), ...tags.map(tagDimension)];
  const set = (dimension: Dimension, values: readonly string[]) => {
    onChange(withFilter(filters, dimension, values));
  };
  const shown = Object.keys(filters);
  if (begun !== null && !shown.includes(begun)) shown.push(begun);
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-center gap-2">
      {shown.map((dimension) => (
        <Chip
          key={dimension}
          dimension={dimension}
          values={filters[dimension] ?? NONE}
          days={days}
          openFirst={dimension === begun}
          onClose={() => setBegun(null)}
          onChange={(values) => set(dimension, values)}
        />
      ))}
      <Menu
        align="start"
        trigger={
          <Button size="small" tone="quiet">
            <Plus aria-hidden /> Filter
          </Button>
        }
      >
        {dimensions
          .filter((each) => !shown.includes(each))
          .map((dimension) => (
            <MenuItem key={dimension} onSelect={() => setBegun(dimension)}>
              {nameOf(dimension)}
            </MenuItem>
          ))}
      </Menu>
      {Object.keys(filters).length > 1 && (
        <Button size="small" tone="quiet" onClick={() => onChange({})}>
          Clear all
        </Button>
      )}
    </div>
  );
}

const NONE: readonly string[] = [];
const KEY = "api_key";

interface ChipProps {
  dimension: Dimension;
  values: readonly string[];
  days: Days;
  openFirst: boolean;
  onClose: () => void;
  onChange: (values: readonly string[]) => void;
}

function Chip({ dimension, values, days, openFirst, onClose, onChange }: ChipProps) {
  const [open, setOpen] = useState(openFirst);
  const nameOfValue = useValueNames(dimension === KEY);
  const words = values.map((value) => nameOfValue(dimension, value));
  const said = words.length > 2 ? `${String(words.length)} values` : words.join(" or ");
  return (
    <span className="inline-flex max-w-full items-center rounded-md border border-line bg-surface text-xs">
      <Popover
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          if (!next) onClose();
        }}
        label={`${nameOf(dimension)}: which values`}
        className="w-80"
        trigger={
          <button
            type="button"
            className="flex h-7 min-w-0 items-center gap-1 rounded-l-md px-2 hover:bg-sunken"
            title={words.join(", ")}
          >
            <span className="text-muted">{nameOf(dimension)}:</span>
            <bdi className="max-w-48 truncate font-medium">{said || "choose"}</bdi>
          </button>
        }
      >
        <Values dimension={dimension} chosen={values} days={days} onChange={onChange} />
      </Popover>
      <button
        type="button"
        aria-label={`Remove the filter by ${inWords(dimension)}`}
        onClick={() => {
          onChange([]);
          onClose();
        }}
        className="grid size-7 place-items-center rounded-r-md text-muted hover:bg-sunken hover:text-ink"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}

interface ValuesProps {
  dimension: Dimension;
  chosen: readonly string[];
  days: Days;
  onChange: (values: readonly string[]) => void;
}

// Of the dimensions that have no values of their own to look up.
const FIXED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: STATUS,
  price_status: PRICE_STATUS,
};
const MOST = 50;
// As many as the API lists.
const ALL = 1_000;

function Values({ dimension, chosen: known, days, onChange }: ValuesProps) {
  const id = useId();
  // What was ticked holds at once: the address, which is what is known of it, follows.
  const [{ of, chosen }, setTicked] = useState({ of: known, chosen: known });
  if (of !== known) setTicked({ of: known, chosen: known });
  const [text, setText] = useState("");
  const looked = useDeferredValue(text.trim());
  const fixed = FIXED[dimension];
  const nameOfValue = useValueNames(dimension === KEY);
  // Keys are looked for by their names, of which the values know nothing.
  const [asked, limit] = dimension === KEY ? ["", ALL] : [looked, MOST];
  const fits = ({ value }: { value: string }) =>
    dimension !== KEY || nameOfValue(KEY, value).toLowerCase().includes(looked.toLowerCase());
  const found = useRead(
    ["values", dimension, asked, days],
    (api, signal) =>
      api.GET("/api/costs/values", {
        params: { query: { dimension, q: asked || undefined, ...days, limit } },
        signal,
      }),
    { enabled: fixed === undefined },
  );
  const options =
    fixed === undefined
      ? (found.data?.values ?? []).filter(fits)
      : Object.keys(fixed).map((value) => ({ value, spend: null, events: null }));
  // What is chosen stays to be taken away, whatever is looked for.
  const kept = chosen.filter((value) => !options.some((option) => option.value === value));
  const toggle = (value: string) => {
    const next = chosen.includes(value)
      ? chosen.filter((each) => each !== value)
      : [...chosen, value];
    setTicked({ of, chosen: next });
    onChange(next);
  };
  const row = (value: string, spend: string | null, events: number | null) => (
    <li key={value}>
      <label className="flex cursor-pointer items-center gap-2 rounded px-1.5 py-1 text-sm hover:bg-sunken">
        <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
        <Name className="flex-1">{nameOfValue(dimension, value)}</Name>
        {spend !== null && <Money amount={spend} className="text-xs text-muted" />}
        {events !== null && <span className="sr-only">{count(events)} calls</span>}
      </label>
    </li>
  );
  return (
    <div className="grid gap-2">
      {fixed === undefined && (
        <>
          <label htmlFor={id} className="sr-only">
            Find {inWords(dimension)}
          </label>
          <input
            id={id}
            type="search"
            className={inputLook}
            placeholder={`Find ${inWords(dimension)}`}
            value={text}
            maxLength={256}
            onChange={({ target }) => setText(target.value)}
          />
        </>
      )}
      {found.isError && found.data === undefined && (
        <Failure error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isLoading && <Skeleton className="h-32" />}
      <ul className="max-h-64 overflow-y-auto">
        {kept.map((value) => row(value, null, null))}
        {options.map(({ value, spend, events }) => row(value, spend, events))}
      </ul>
      {found.data !== undefined && options.length === 0 && (
        <p className="text-sm text-muted">
          No {inWords(dimension)}
          {looked === "" ? " was named in these days." : ` with “${looked}” in these days.`}
        </p>
      )}
    </div>
  );
}
