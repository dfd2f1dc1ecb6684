import { TZDate } from "@date-fns/tz";
import clsx from "clsx";
import { format } from "date-fns";
import { memo } from "react";
import { Link, type To } from "react-router";
import { Money } from "@/components/money";
import { Name } from "@/components/name";
import { Badge, type Tone } from "@/components/ui/badge";
import { count, short } from "@/lib/numbers";
import type { Row } from "./arrivals";

export const ROW_HEIGHT = 40;
// One grid for the heading and all rows; what is secondary is left out where there is little room.
const GRID =
  "grid items-center gap-3 px-4 grid-cols-[7.25rem_minmax(0,1fr)_5.5rem] md:grid-cols-[7.25rem_minmax(0,1.4fr)_minmax(0,1fr)_8rem_6rem_9.5rem] xl:grid-cols-[7.25rem_minmax(0,1.5fr)_minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)_8rem_6rem_10.5rem]";
const FROM_MD = "hidden md:block";
const FROM_XL = "hidden xl:block";

export function HeadingRow() {
  const look = "truncate";
  return (
    <div role="row" aria-rowindex={1} className={clsx(GRID, "h-9 text-xs font-medium text-muted")}>
      <span role="columnheader" className={look}>
        Time
      </span>
      <span role="columnheader" className={look}>
        Model
      </span>
      <span role="columnheader" className={clsx(look, FROM_MD)}>
        Feature
      </span>
      <span role="columnheader" className={clsx(look, FROM_XL)}>
        Customer
      </span>
      <span role="columnheader" className={clsx(look, FROM_XL)}>
        User
      </span>
      <span role="columnheader" className={clsx(look, FROM_MD, "text-right")}>
        Tokens in / out
      </span>
      <span role="columnheader" className={clsx(look, "text-right")}>
        Cost
      </span>
      <span role="columnheader" className={clsx(look, "pl-2", FROM_MD)}>
        State
      </span>
    </div>
  );
}

interface EventRowProps {
  row: Row;
  place: number;
  top: number;
  zone: string;
  to: To;
  /** The one row that the Tab key stops at. */
  stop: boolean;
  open: boolean;
}

/** One call; all of it leads to the call in full. */
export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { row, place, top, zone, to, stop, open } = props;
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      className={clsx(
        GRID,
        "absolute inset-x-0 top-0 border-t border-line text-sm hover:bg-sunken/60",
        open && "bg-accent-soft",
      )}
      style={{ height: ROW_HEIGHT, transform: `translateY(${String(top)}px)` }}
    >
      <span role="cell" className="truncate">
        <Link
          to={to}
          preventScrollReset
          tabIndex={stop ? 0 : -1}
          data-row={row.id}
          className="figures whitespace-nowrap text-muted after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {timeOf(row.timestamp, zone)}
          <span className="sr-only">: show the call of {row.model} in full</span>
        </Link>
      </span>
      <span role="cell" className="min-w-0">
        <Name className="font-medium">{row.model}</Name>
      </span>
      <Whose className={FROM_MD} value={row.feature} />
      <Whose className={FROM_XL} value={row.customer} />
      <Whose className={FROM_XL} value={row.user} />
      <span
        role="cell"
        className={clsx("figures truncate text-right text-muted", FROM_MD)}
        title={tokensInFull(row)}
      >
        {row.input_tokens === null && row.output_tokens === null
          ? "–"
          : `${shown(row.input_tokens)} / ${shown(row.output_tokens)}`}
      </span>
      <span role="cell" className="text-right">
        <Money amount={row.cost} />
      </span>
      <span role="cell" className={clsx("truncate pl-2", FROM_MD)}>
        <State row={row} />
      </span>
    </div>
  );
});

function State({ row }: { row: Row }) {
  const words = stateOf(row);
  if (words.length === 0) return <span className="text-xs text-muted">Succeeded</span>;
  return (
    <span className="flex gap-1" title={words.map(({ word }) => word).join(", ")}>
      {words.map(({ word, tone }) => (
        <Badge key={word} tone={tone}>
          {word}
        </Badge>
      ))}
    </span>
  );
}

function Whose({ value, className }: { value: string | null; className: string }) {
  return (
    <span role="cell" className={clsx("min-w-0", className)}>
      {value === null || value === "" ? (
        <span aria-label="none" role="img" className="text-muted">
          –
        </span>
      ) : (
        <Name>{value}</Name>
      )}
    </span>
  );
}

/** What is worth a word about a call (nothing, if all is well): what failed, and what is not known of its cost. */
export function stateOf(row: Row): { word: string; tone: Tone }[] {
  const words: { word: string; tone: Tone }[] = [];
  if (row.status === "error") words.push({ word: "Failed", tone: "bad" });
  if (row.status === "aborted") words.push({ word: "Broken off", tone: "warn" });
  switch (row.price_status) {
    case "unpriced":
      words.push({ word: "No price", tone: "warn" });
      break;
    case "missing":
      words.push({ word: "No usage", tone: "warn" });
      break;
    case "quarantined":
      words.push({ word: "Quarantined", tone: "bad" });
      break;
    case "estimated":
      words.push({ word: "Estimated", tone: "neutral" });
      break;
    case "free":
      if (row.status !== "error") words.push({ word: "Free", tone: "neutral" });
      break;
    case "reported":
    case "priced":
      break;
  }
  if (row.billing !== "metered" && row.billing !== "free") {
    words.push({
      word: row.billing === "subscription" ? "Subscription" : "Provisioned",
      tone: "neutral",
    });
  }
  return words;
}

function timeOf(iso: string, zone: string): string {
  return format(new TZDate(iso, zone), "d MMM HH:mm:ss");
}

function shown(tokens: number | null): string {
  return tokens === null ? "–" : short(tokens);
}

function tokensInFull({ input_tokens, output_tokens }: Row): string {
  const said = (tokens: number | null) => (tokens === null ? "not known" : count(tokens));
  return `${said(input_tokens)} in, ${said(output_tokens)} out`;
}
