"""Budgets as bars: how much is spent, where the alert lies, and whether it has gone off."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.budgets import ratio_of, spent_of, subject
from llmlab_cli.render.lines import labelled, room
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
MOST_BARS = 6
_LEAST_BAR, _GOOD_BAR, _MOST_BAR = 5, 8, 30
_LEAST_NAME = 12
_GAP = 2
_WORKSPACE = "everything"
_MILLION = 1_000_000


def budget_lines(budgets: Sequence[Json], zone: str, screen: Screen) -> list[RenderableType]:
    """Return a bar for each budget in force, the workspace's own first, and what to do when there is none.

    `zone` is whose days the alerts are dated in.
    """
    current = [b for b in budgets if b["in_force"]]
    if not current:
        return [labelled("Budget", Text("none yet: `llmlab budget set 500` sets one a month", "dim"))]
    if len(current) == 1 and not (current[0]["scope"] or current[0]["each"]):
        return _one(current[0], zone, screen)
    current.sort(key=lambda b: (bool(b["scope"] or b["each"]), -ratio_of(b)))
    lines = _several(current[:MOST_BARS], zone, screen)
    if len(current) > MOST_BARS:
        more = f"{len(current) - MOST_BARS} more: `llmlab budget list`"
        lines.append(labelled("", Text(more, "dim")))
    return lines


def _one(budget: Json, zone: str, screen: Screen) -> list[RenderableType]:
    """Return the bar of the workspace's only budget, which needs no name."""
    amounts, percent = _amounts(budget), _percent(budget)
    when = f" this {budget['period']}"
    beside = len(amounts) + len(percent) + 2 * _GAP
    if room(screen) < _GOOD_BAR + beside + len(when):
        when = ""
    bar = max(_LEAST_BAR, min(_MOST_BAR, room(screen) - beside - len(when)))
    line = charts.bar(ratio_of(budget), _marker(budget), bar)
    line.append(f"  {amounts}{when}")
    line.append(f"  {percent}", style=_style(budget))
    return [labelled("Budget", line), *_warnings(budget, zone)]


def _several(budgets: Sequence[Json], zone: str, screen: Screen) -> list[RenderableType]:
    """Return the bars beneath each other: what each is for and its period, bar, amounts, percent."""
    periods = [str(budget["month"] or budget["period"]) for budget in budgets]
    names = [subject(budget) or _WORKSPACE for budget in budgets]
    amounts, percents = [_amounts(budget) for budget in budgets], [_percent(b) for b in budgets]
    name_width, period_width, amount_width, percent_width = (
        max(map(cell_len, column)) for column in (names, periods, amounts, percents)
    )
    beside = amount_width + percent_width + 2 * _GAP
    head = room(screen) - beside - _GOOD_BAR - _GAP
    # Where there is no room for a name before the bar, it has a line of its own.
    stacked = screen.width is not None and head < _LEAST_NAME + _GAP + period_width
    if screen.width is not None:
        name_width = min(name_width, (room(screen) if stacked else head) - _GAP - period_width)
    taken = 0 if stacked else name_width + period_width + 2 * _GAP
    bar = max(_LEAST_BAR, min(_MOST_BAR, room(screen) - beside - taken))
    lines: list[RenderableType] = []
    for number, budget in enumerate(budgets):
        name = set_cell_size(_cut(names[number], name_width), name_width)
        what = f"{name}  {periods[number]:<{period_width}}"
        line = Text() if stacked else Text(f"{what}  ")
        line.append_text(_bar(budget, bar))
        line.append(f"  {amounts[number]:>{amount_width}}")
        line.append(f"  {percents[number]:>{percent_width}}", style=_style(budget))
        label = "" if number else "Budgets"
        lines += (
            [labelled(label, Text(what.rstrip())), labelled("", line)] if stacked else [labelled(label, line)]
        )
        lines += _warnings(budget, zone)
    return lines


def _bar(budget: Json, width: int) -> Text:
    if spent_of(budget) is None:
        return Text("·" * width, "dim")
    return charts.bar(ratio_of(budget), _marker(budget), width)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _amounts(budget: Json) -> str:
    amount = _money(figures.amount_of(budget["budget_amount"]))
    if spent_of(budget) is None:
        return f"at most {amount}"
    return f"{_money(figures.amount_of(spent_of(budget)))} of {amount}"


def _money(amount: Decimal) -> str:
    """Return an amount beside a bar: to the cent, and of millions three digits."""
    return f"${figures.compact(int(amount))}" if amount >= _MILLION else figures.money(amount, 2)


def _percent(budget: Json) -> str:
    if figures.amount_of(budget["budget_amount"]) <= 0 or spent_of(budget) is None:
        return "–"
    return figures.percent(ratio_of(budget))


def _style(budget: Json) -> str:
    return "red" if ratio_of(budget) >= 1 else ""


def _marker(budget: Json) -> Decimal | None:
    """Return the last threshold before the whole amount: where the bar is marked."""
    return max((t for t in map(Decimal, budget["thresholds"]) if t < 1), default=None)


def _warnings(budget: Json, zone: str) -> list[RenderableType]:
    """Return the line that says since when a budget is past its alert, or all spent."""
    highest = max(budget["alerts"], key=lambda a: Decimal(a["threshold"]), default=None)
    at = figures.instant(highest["crossed_at"], zone) if highest else None
    since = f" since {at.day} {at:%b}" if at else ""
    if ratio_of(budget) >= 1:
        amount, spent = figures.amount_of(budget["budget_amount"]), figures.amount_of(spent_of(budget))
        over = (
            f"over budget by {figures.money(spent - amount, 2)}" if spent > amount else "all of it is spent"
        )
        return [labelled("", Text(f"▲ {over}{since}", "bold red"))]
    if highest is not None and budget["alert_sent"]:
        past = figures.percent(Decimal(highest["threshold"]))
        return [labelled("", Text(f"▲ alert: past {past}{since}", "yellow"))]
    return []
