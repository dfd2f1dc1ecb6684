"""`llmlab status`: what was spent, on what, how that stands against the budget, and how sure it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.budgets import budget_lines
from llmlab_cli.render.confidence import doubts, makeup, remark, warning
from llmlab_cli.render.tables import SpendRow, spend_tables, top_rows
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
TOP_MODELS = 10
TOP_PROVIDERS = 5
FIRST_CALL = (
    "import llmlab",
    'llmlab.track(provider="openai", model="gpt-4",',
    "             input_tokens=1000, output_tokens=500)",
)
_LABEL = 10
_LATE_SECONDS = 60


@dataclass(frozen=True)
class Report:
    """What the screen shows: the API's answers, and what was asked.

    `unpriced` is the same summary of only the calls that have no price, where there are any.
    """

    title: str
    summary: Json
    budgets: Sequence[Json]
    unpriced: Json | None = None
    group_by: Sequence[str] = ()
    top: int = TOP_MODELS


def status(report: Report, screen: Screen) -> RenderableType:
    """Return the whole screen."""
    parts: list[RenderableType] = [_heading(report, screen)]
    if _count(report.summary, "events") == 0:
        parts += [Text(), *_nothing_yet(report)]
        if bars := budget_lines(report.budgets, str(report.summary["tz"]), screen):
            parts += [Text(), *bars]
    else:
        parts += [Text(), *_overview(report, screen)]
        for table in _tables(report, screen):
            parts += [Text(), table]
    if notes := _notes(report, screen):
        parts += [Text(), *notes]
    return Group(*parts)


def _heading(report: Report, screen: Screen) -> Text:
    summary = report.summary
    text = Text.assemble(("LLM spend", "bold"), f" · {report.title}")
    start, end = figures.instant(summary["from"]), figures.instant(summary["to"])
    for part in (_range(start, end) if start and end else "", figures.clean(summary["tz"])):
        if part and len(text) + len(part) + 3 <= screen.columns:
            text.append(f" · {part}", style="dim")
    return text


def _range(start: datetime, end: datetime) -> str:
    last = (end - timedelta(microseconds=1)).date()
    first = start.date()
    if first == last:
        return figures.day(first)
    if first.year != last.year:
        return f"{figures.day(first)} – {figures.day(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%b} – {figures.day(last)}"
    return f"{first.day} – {figures.day(last)}"


def _nothing_yet(report: Report) -> list[RenderableType]:
    lines: list[RenderableType] = [Text("No calls in this time.")]
    if report.title != "all time":
        lines.append(Text("`llmlab status --period all` shows whether there are older ones.", style="dim"))
    lines.append(Text("To report one from Python:", style="dim"))
    lines += [Text(f"  {line}", style="cyan") for line in FIRST_CALL]
    return lines


def _overview(report: Report, screen: Screen) -> list[RenderableType]:
    summary = report.summary
    total = figures.amount_of(summary["total_spend"])
    calls = _count(summary, "events")
    line = Text.assemble(
        ("Spend".ljust(_LABEL), "dim"),
        ("unknown" if _all_unknown(summary) else figures.headline(total), "bold"),
        f"   {figures.plural(calls, 'call')}",
    )
    tokens = sum(int(summary["tokens"].get(name) or 0) for name in ("input_tokens", "output_tokens"))
    if tokens:
        line.append(f" · {figures.compact(tokens)} {'token' if tokens == 1 else 'tokens'}")
    if errors := _count(summary, "errors"):
        line.append(f" · {figures.count(errors)} failed", style="yellow")
    lines: list[RenderableType] = [line]
    if parts := makeup(summary["confidence"]):
        lines.append(Text.assemble(("Of it".ljust(_LABEL), "dim"), " · ".join(parts)))
    lines += budget_lines(report.budgets, str(report.summary["tz"]), screen)
    if trend := _trend(summary, screen):
        lines.append(trend)
    return lines


def _all_unknown(summary: Json) -> bool:
    """Say whether not one call of these has a known cost: then there is no total, not even 0."""
    known = ("priced", "reported", "estimated", "free")
    return not any(_count(summary, name) for name in known) and figures.amount_of(summary["total_spend"]) == 0


def _trend(summary: Json, screen: Screen) -> Text | None:
    points = [(str(p["bucket"]), figures.amount_of(p["spend"])) for p in summary["trends"]]
    hourly = any("T" in bucket for bucket, _ in points)
    amounts, first = _without_gaps(points, hourly)
    if len(amounts) < 2 or not any(amounts):
        return None
    step, unit = (timedelta(hours=1), "hour") if hourly else (timedelta(days=1), "day")
    most = max(amounts)
    at = first + step * amounts.index(most)
    on = f"{at.day} {at:%b}" if len(amounts) < 300 else figures.day(at)
    when = f"at {at:%H:%M}" if hourly else f"on {on}"
    folded, run = charts.folded(amounts, max(8, min(42, screen.columns - _LABEL - 28)))
    line = Text.assemble(
        ("Hourly" if hourly else "Daily").ljust(_LABEL),
        (charts.sparkline(folded), "cyan"),
        f"  most {figures.roughly(most)} {when}",
    )
    line.stylize("dim", 0, _LABEL)
    mean = figures.roughly(sum(amounts, Decimal(0)) / len(amounts))
    for more in ([f", {run} {unit}s a bar"] if run > 1 else []) + [f", mean {mean}"]:
        if len(line) + len(more) <= screen.columns:
            line.append(more, style="dim")
    return line


def _without_gaps(points: Sequence[tuple[str, Decimal]], hourly: bool) -> tuple[list[Decimal], datetime]:
    """Return an amount for every bucket from the first with spend to the last, and when the first is."""
    known: dict[datetime, Decimal] = {}
    for bucket, amount in points:
        at = figures.instant(bucket)
        if at is not None and amount:
            known[at] = known.get(at, Decimal(0)) + amount
    if not known:
        return [], datetime.min.replace(tzinfo=UTC)
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    first, last = min(known), max(known)
    number = (last - first) // step + 1
    return [known.get(first + step * i, Decimal(0)) for i in range(number)], first


def _tables(report: Report, screen: Screen) -> Sequence[RenderableType]:
    summary = report.summary
    total = figures.amount_of(summary["total_spend"])
    if report.group_by:
        rows = _rows(report, "groups", lambda row: tuple(_value(row["keys"].get(k)) for k in report.group_by))
        # Days tell a story in their own order; all else is asked for its largest.
        in_order = report.group_by in (("day",), ("hour",), ("month",))
        shown = rows if in_order else top_rows(rows, report.top, "others")
        return spend_tables([([_title(key) for key in report.group_by], shown)], total, screen)
    models = _rows(report, "by_model", lambda row: (f"{row['provider']}/{row['model']}",))
    providers = _rows(report, "by_provider", lambda row: (str(row["provider"]),))
    tables = [(["Model"], top_rows(models, report.top, "other models"))]
    if len(providers) > 1:
        tables.append((["Provider"], top_rows(providers, TOP_PROVIDERS, "other providers")))
    return spend_tables(tables, total, screen)


def _rows(report: Report, part: str, names: Callable[[Json], tuple[str, ...]]) -> list[SpendRow]:
    """Return a part of the summary as rows; one with calls that lack a price never says $0.

    Failed calls are free, and say nothing of what the others cost.
    """
    unpriced = {names(row): int(row["events"]) for row in (report.unpriced or {}).get(part) or ()}
    rows = []
    for row in report.summary.get(part) or ():
        spend, calls = figures.amount_of(row["spend"]), int(row["events"])
        note = "unpriced" if spend == 0 and unpriced.get(names(row)) else None
        rows.append(SpendRow(names(row), spend, calls, int(row["tokens"]), note))
    return rows


def _title(key: str) -> str:
    return key.removeprefix("tag.").replace("_", " ").capitalize()


def _value(value: object) -> str:
    return str(value) if value not in (None, "") else "(none)"


def _notes(report: Report, screen: Screen) -> list[RenderableType]:
    """Return a line for everything that makes the total less than the whole truth, and how current it is."""
    summary = report.summary
    lines = doubts(summary, report.unpriced, screen)
    listed = [
        f"{figures.headline(amount)} of {name} calls"
        for name, value in summary["list_value"].items()
        if (amount := figures.amount_of(value))
    ]
    if listed:
        lines.append(remark(f"Not billed by the call, so apart, at list prices: {', '.join(listed)}."))
    if late := _lateness(summary["freshness"], str(summary["tz"])):
        lines.append(late)
    return lines


def _lateness(freshness: Json, zone: str) -> RenderableType | None:
    backlog, oldest = freshness.get("backlog"), float(freshness.get("oldest_unprocessed_seconds") or 0)
    if backlog:
        waiting = figures.plural(int(backlog), "batch", "batches")
        since = f", the oldest for {figures.duration(oldest)}" if oldest >= 1 else ""
        text = f"{waiting} of calls still to be counted{since}."
        return warning(text) if oldest >= _LATE_SECONDS else remark(text)
    as_of = figures.instant(freshness.get("as_of"), zone)
    if as_of is None:
        return None
    if backlog is None:
        return remark(f"As of {as_of:%H:%M:%S} {as_of.tzname()}; whether more is waiting cannot be told.")
    return remark(f"As of {as_of:%H:%M:%S} {as_of.tzname()}; nothing is waiting to be counted.")


def _count(summary: Json, name: str) -> int:
    return int(summary["counts"][name])
