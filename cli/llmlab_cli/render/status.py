"""`llmlab status`: what was spent, on what, how that stands against the budget, and how sure it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.budget_bars import budget_lines
from llmlab_cli.render.confidence import doubts, makeup, remark, warning
from llmlab_cli.render.lines import labelled
from llmlab_cli.render.tables import SpendRow, spend_tables, top_rows
from llmlab_cli.render.trend import change_line, spark_line, time_range
from llmlab_cli.report import DIMENSIONS, Report
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
NamesOf = Callable[[Json], tuple[str, ...]]
Tables = Sequence[tuple[Sequence[str], Sequence[SpendRow]]]
MOST_COLUMNS = 160
TOP_MODELS = 10
TOP_OTHERS = 5
FIRST_CALL = (
    "import llmlab",
    'llmlab.track(provider="openai", model="gpt-4",',
    "             input_tokens=1000, output_tokens=500)",
)
_LATE_SECONDS = 60
_ABSENT = "(none)"
# A terminal this wide holds two lists beside each other.
_TWO_PANES_FROM = 120
_PANE_GAP = 4


def status(report: Report, screen: Screen, top: int | None = None) -> RenderableType:
    """Return the whole screen; `top` rows of each list, where somebody chose how many."""
    parts: list[RenderableType] = [_heading(report, screen)]
    if _count(report.summary, "events") == 0:
        parts += [Text(), *_nothing_yet(report)]
        parts += [Text(), *budget_lines(report.budgets, str(report.summary["tz"]), screen)]
    else:
        parts += [Text(), *_overview(report, screen)]
        parts += [Text(), *_spaced(_tables(report, top, screen))]
    if notes := _notes(report, screen):
        parts += [Text(), *notes]
    return Group(*parts)


def _heading(report: Report, screen: Screen) -> Text:
    summary = report.summary
    text = Text.assemble(("LLM spend", "bold"), f" · {report.title}")
    for part in (time_range(summary), figures.clean(summary["tz"])):
        if part and len(text) + len(part) + 3 <= screen.columns:
            text.append(f" · {part}", style="dim")
    return text


def _nothing_yet(report: Report) -> list[RenderableType]:
    lines: list[RenderableType] = [Text("No calls in this time.")]
    if report.only:
        lines = [labelled("Only", _only(report)), Text("No calls in this time that this means.")]
    if report.title != "all time":
        before = report.before
        if report.previous is not None and before:
            when = time_range(report.previous)
            lines.append(Text(f"In as long a time before ({when}) it was {figures.headline(before)}."))
        lines.append(Text("`llmlab status --period all` shows whether there are older ones.", style="dim"))
    if report.only:
        return lines
    lines.append(Text("To report one from Python:", style="dim"))
    lines += [Text(f"  {line}", style="cyan") for line in FIRST_CALL]
    return lines


def _overview(report: Report, screen: Screen) -> list[RenderableType]:
    summary = report.summary
    total = figures.amount_of(summary["total_spend"])
    calls = _count(summary, "events")
    line = Text.assemble(
        ("unknown" if _all_unknown(summary) else figures.headline(total), "bold"),
        f"   {figures.plural(calls, 'call')}",
    )
    tokens = sum(int(summary["tokens"].get(name) or 0) for name in ("input_tokens", "output_tokens"))
    if tokens:
        line.append(f" · {figures.compact(tokens)} {'token' if tokens == 1 else 'tokens'}")
    if errors := _count(summary, "errors"):
        line.append(f" · {figures.count(errors)} failed", style="yellow")
    lines: list[RenderableType] = [labelled("Only", _only(report))] if report.only else []
    lines.append(labelled("Spend", line))
    if report.previous is not None and not _all_unknown(summary):
        lines += filter(None, [change_line(summary, report.previous, screen)])
    if parts := makeup(summary["confidence"]):
        lines.append(labelled("Of it", Text(" · ".join(parts))))
    lines += budget_lines(report.budgets, str(report.summary["tz"]), screen)
    lines += filter(None, [spark_line(summary, screen)])
    return lines


def _only(report: Report) -> Text:
    return Text(figures.clean(", ".join(report.only)))


def _all_unknown(summary: Json) -> bool:
    """Say whether not one call of these has a known cost: then there is no total, not even 0."""
    known = ("priced", "reported", "estimated", "free")
    return not any(_count(summary, name) for name in known) and figures.amount_of(summary["total_spend"]) == 0


def _tables(report: Report, top: int | None, screen: Screen) -> Sequence[RenderableType]:
    summary = report.summary
    total = figures.amount_of(summary["total_spend"])
    if report.group_by:
        keys = report.group_by
        rows = _rows(report, "groups", _named(*keys))
        # Days tell a story in their own order; all else is asked for its largest.
        in_order = keys in (("day",), ("hour",), ("month",))
        shown = rows if in_order else top_rows(rows, top or TOP_MODELS, "others")
        return spend_tables([([_title(key) for key in keys], shown)], total, screen)
    models = _rows(report, "by_model", lambda r: (f"{r['provider']}/{r['model']}",))
    providers = _rows(report, "by_provider", lambda r: (str(r["provider"]),))
    left = [(["Model"], top_rows(models, top or TOP_MODELS, "other models"))]
    if len(providers) > 1:
        left.append((["Provider"], top_rows(providers, top or TOP_OTHERS, "other providers")))
    right = [
        ([_title(name)], top_rows(rows, top or TOP_OTHERS, f"other {name}s"))
        for name in DIMENSIONS
        if (rows := _rows_of_dimension(report, name))
    ]
    if right and screen.columns >= _TWO_PANES_FROM:
        return [_side_by_side(left, right, total, screen)]
    return spend_tables([*left, *right], total, screen)


def _rows_of_dimension(report: Report, name: str) -> list[SpendRow]:
    """Return a row for each value of a dimension; none where no call has a value in it."""
    groups = report.groups.get(name) or ()
    if not any(row["keys"][name] and row["events"] for row in groups):
        return []
    unknown = report.unknown_groups.get(name)
    # Which of several reasons it is stands with the models; where there is one only, it is said here too.
    mixed = any(_count(report.summary, reason) for reason in ("missing", "quarantined"))
    rows = _spend_rows(groups, unknown, () if mixed else unknown, _named(name))
    return [replace(row, faint=True) if row.names == (_ABSENT,) else row for row in rows]


def _side_by_side(left: Tables, right: Tables, total: Decimal, screen: Screen) -> RenderableType:
    pane = replace(screen, width=(screen.columns - _PANE_GAP) // 2)
    grid = Table.grid(padding=(0, _PANE_GAP, 0, 0))
    columns = [_spaced(spend_tables(tables, total, pane)) for tables in (left, right)]
    grid.add_row(*(Group(*column) for column in columns))
    return grid


def _spaced(tables: Sequence[RenderableType]) -> list[RenderableType]:
    """Return the tables with an empty line between each two."""
    return [part for table in tables for part in (Text(), table)][1:]


def _rows(report: Report, part: str, names: NamesOf) -> list[SpendRow]:
    """Return a part of the summary as rows."""
    unknown, unpriced = ((summary or {}).get(part) for summary in (report.unknown, report.unpriced))
    return _spend_rows(report.summary[part], unknown, unpriced, names)


def _spend_rows(
    groups: Sequence[Json], unknown: Sequence[Json] | None, unpriced: Sequence[Json] | None, names: NamesOf
) -> list[SpendRow]:
    """Return groups as rows; one with calls of unknown cost never says $0.

    Failed calls are free, and say nothing of what the others cost.
    """
    lacking = {names(row): "unknown" for row in unknown or () if row["events"]}
    lacking |= {names(row): "unpriced" for row in unpriced or () if row["events"]}
    rows = []
    for row in groups:
        spend, calls = figures.amount_of(row["spend"]), int(row["events"])
        note = None if spend else lacking.get(names(row))
        rows.append(SpendRow(names(row), spend, calls, int(row["tokens"]), note))
    return rows


def _named(*keys: str) -> NamesOf:
    return lambda row: tuple(_value(row["keys"].get(key)) for key in keys)


def _title(key: str) -> str:
    return key.removeprefix("tag.").replace("_", " ").capitalize()


def _value(value: object) -> str:
    return str(value) if value not in (None, "") else _ABSENT


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
