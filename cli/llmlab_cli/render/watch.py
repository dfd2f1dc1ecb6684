"""`llmlab watch`: today and this month against the budget, by the minute, by model, and the latest calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.budget_bars import budget_lines
from llmlab_cli.render.events import event_line
from llmlab_cli.render.tables import SpendRow, spend_tables, top_rows
from llmlab_cli.screen import Screen
from llmlab_cli.watching import Watching

Json = Mapping[str, Any]
_LABEL = 10
_MODELS = 5
_LEAST_CALLS = 3


def watch(view: Watching, budgets: Sequence[Json], now: datetime, screen: Screen, height: int) -> Group:
    """Return the screen at `now` (aware, in any zone), of `height` lines at most where that can be."""
    standing = view.standing
    zone = str(standing["tz"])
    today, month = standing["today"], standing["month"]
    lines: list[RenderableType] = [
        _heading(now, zone, screen),
        Text(),
        _totals("Today", today, screen),
        _totals("Month", month, screen),
        *(budget_lines(budgets, zone, screen) if any(b["in_force"] for b in budgets) else ()),
    ]
    if minutes := _minutes(view, now, screen):
        lines.append(minutes)
    taken = len(lines) + 3
    if models := _models(today, screen, height - taken - _LEAST_CALLS - 2):
        lines += [Text(), models[0]]
        taken += models[1] + 1
    lines.append(Text())
    lines += _calls(view, zone, screen, max(1, height - taken))
    return Group(*lines, Text(), _state(view, now, zone, screen))


def _heading(now: datetime, zone: str, screen: Screen) -> Text:
    at = figures.instant(now.isoformat(), zone) or now
    text = Text.assemble(("LLM spend", "bold"), " · live")
    for part in (f"{figures.day(at)} {at:%H:%M:%S}", figures.clean(zone)):
        if len(text) + len(part) + 3 <= screen.columns:
            text.append(f" · {part}", "dim")
    return text


def _totals(label: str, totals: Json, screen: Screen) -> Text:
    counts = totals["counts"]
    unknown = sum(int(counts[name]) for name in ("unpriced", "missing", "quarantined"))
    calls = int(totals["events"])
    spend = figures.amount_of(totals["spend"])
    line = Text.assemble(
        (label.ljust(_LABEL), "dim"),
        ("unknown" if unknown and unknown == calls else figures.headline(spend), "bold"),
        f"   {figures.plural(calls, 'call')}",
    )
    if tokens := int(totals["tokens"]):
        line.append(f" · {figures.compact(tokens)} {'token' if tokens == 1 else 'tokens'}")
    if counts["errors"]:
        line.append(f" · {figures.count(int(counts['errors']))} failed", "yellow")
    if unknown:
        line.append(f" · {figures.count(unknown)} of unknown cost", "yellow")
    line.truncate(screen.columns, overflow="ellipsis")
    return line


def _minutes(view: Watching, now: datetime, screen: Screen) -> Text | None:
    minutes = view.minutes(now)
    if not minutes:
        return None
    most = max(minutes)
    line = Text.assemble(
        ("Minutes".ljust(_LABEL), "dim"),
        (charts.sparkline(minutes[-max(8, screen.columns - _LABEL - 42) :]), "cyan"),
        f"  {figures.roughly(minutes[-1])} this minute",
    )
    more = f", most {figures.roughly(most)}"
    if most and len(line) + len(more) <= screen.columns:
        line.append(more, "dim")
    return line


def _models(today: Json, screen: Screen, room: int) -> tuple[RenderableType, int] | None:
    rows = [
        SpendRow(
            (f"{row['provider']}/{row['model']}",),
            figures.amount_of(row["spend"]),
            int(row["events"]),
            int(row["tokens"]),
            note="unpriced" if row["unpriced"] and not figures.amount_of(row["spend"]) else None,
        )
        for row in today["by_model"]
    ]
    most = min(_MODELS, room - 2)
    if not rows or most < 1:
        return None
    top = top_rows(rows, most, "other models")
    total = figures.amount_of(today["spend"])
    (table,) = spend_tables([(["Model, today"], top)], total, screen)
    return table, len(top) + 1


def _calls(view: Watching, zone: str, screen: Screen, room: int) -> list[RenderableType]:
    if not view.calls:
        return [Text("No calls yet: those that come are shown here.", "dim")]
    lines: list[RenderableType] = [
        event_line(call, zone, screen, day=False) for call in list(view.calls)[:room]
    ]
    if view.omitted:
        left_out = f"… {figures.plural(view.omitted, 'call')} came too fast to be shown"
        lines[-1] = Text(left_out, "dim")
    return lines


def _state(view: Watching, now: datetime, zone: str, screen: Screen) -> Text:
    if view.lost is None:
        return Text.assemble(("● live", "green"), ("  Ctrl-C ends", "dim"))
    since = figures.instant(view.lost[0].isoformat(), zone) or now
    told = f"▲ reconnecting since {since:%H:%M:%S}: {figures.clean(view.lost[1])}"
    return Text(figures.shorten(told, screen.columns), "yellow")
