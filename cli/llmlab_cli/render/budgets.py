"""Budgets as bars: how much is spent, where the alert lies, and whether it has gone off."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
MOST_BARS = 3
_LABEL = 10


def budget_lines(budgets: Sequence[Json], today: date, screen: Screen) -> list[RenderableType]:
    """Return a bar for each budget in force, the workspace's own first, and what to do when there is none."""
    current = in_force(budgets, today)
    if not current:
        return [_labelled("Budget", Text("none yet: `llmlab budget set 500` sets one a month", "dim"))]
    lines: list[RenderableType] = []
    for budget in current[:MOST_BARS]:
        lines += _bar(budget, screen)
    if len(current) > MOST_BARS:
        more = f"{len(current) - MOST_BARS} more: `llmlab budget list`"
        lines.append(_labelled("", Text(more, "dim")))
    return lines


def in_force(budgets: Sequence[Json], today: date) -> list[Json]:
    """Return the budgets that count today: a month of its own hides the budget of every month."""
    this_month = f"{today:%Y-%m}"
    current = [b for b in budgets if b.get("month") in (None, this_month)]
    own_month = {_scope_key(b) for b in current if b.get("month")}
    current = [b for b in current if b.get("month") or _scope_key(b) not in own_month]
    return sorted(current, key=lambda b: (bool(b.get("scope") or b.get("each")), -_ratio(b)))


def _scope_key(budget: Json) -> tuple[str, str, str]:
    scope = budget.get("scope") or {}
    return (repr(sorted(scope.items())), str(budget.get("each")), str(budget.get("period") or "month"))


def _ratio(budget: Json) -> Decimal:
    amount, spent = figures.amount_of(budget.get("budget_amount")), figures.amount_of(budget.get("spent"))
    if amount > 0:
        return spent / amount
    # Nothing is allowed: anything spent is over.
    return Decimal(2) if spent > 0 else Decimal(0)


def _bar(budget: Json, screen: Screen) -> list[RenderableType]:
    amount, spent = figures.amount_of(budget.get("budget_amount")), figures.amount_of(budget.get("spent"))
    ratio = _ratio(budget)
    marker = _marker(budget)
    places = min(2, figures.places_for([amount])) if amount >= 100 else 2
    figures_text = f"{figures.money(spent, places)} of {figures.money(amount, places)}"
    percent = figures.percent(ratio) if amount > 0 else "over" if spent > 0 else "0%"
    width = max(8, min(30, screen.columns - _LABEL - len(figures_text) - len(percent) - 6))
    line = charts.bar(ratio, marker, width)
    line.append(f"  {figures_text}")
    line.append(f"  {percent}", style="red" if ratio >= 1 else "")
    lines: list[RenderableType] = [_labelled("Budget", line)]
    if scope := scope_text(budget):
        lines[0] = _labelled("Budget", Text.assemble(line, (f"  {scope}", "dim")))
    if warning := _warning(budget, ratio, amount, spent, places):
        lines.append(_labelled("", warning))
    return lines


def _marker(budget: Json) -> Decimal | None:
    thresholds = sorted(Decimal(str(t)) for t in budget.get("thresholds") or ())
    below = [t for t in thresholds if t < 1]
    return below[-1] if below else None


def _warning(budget: Json, ratio: Decimal, amount: Decimal, spent: Decimal, places: int) -> Text | None:
    crossed = [a for a in budget.get("alerts") or () if a.get("threshold") is not None]
    highest = max(crossed, key=lambda a: Decimal(str(a["threshold"])), default=None)
    since = ""
    if highest is not None:
        at = figures.instant(highest.get("crossed_at"))
        since = f" since {at.day} {at:%b}" if at else ""
    if ratio >= 1:
        over = f" by {figures.money(spent - amount, places)}" if spent > amount else ""
        return Text(f"▲ over budget{over}" if over else "▲ all of the budget is spent", style="bold red")
    if highest is not None:
        passed = figures.percent(Decimal(str(highest["threshold"])))
        return Text(f"▲ alert: past {passed} of the budget{since}", style="yellow")
    if budget.get("alert_sent"):
        return Text("▲ alert: past the threshold", style="yellow")
    return None


def scope_text(budget: Json) -> str:
    """Return what a budget is for, in words: empty for the whole workspace by the month."""
    words = [f"{k} {figures.clean(v)}" for k, v in (budget.get("scope") or {}).items()]
    if budget.get("each"):
        words.append(f"each {budget['each']}")
    if (period := budget.get("period") or "month") != "month":
        words.append(f"a {period}")
    if budget.get("month"):
        words.append(str(budget["month"]))
    return ", ".join(words)


def budget_table(budgets: Sequence[Json], today: date, screen: Screen) -> RenderableType:
    """Return every budget as a row: for `llmlab budget list`."""
    if not budgets:
        return Text("No budget yet: `llmlab budget set 500` sets one for every month.")
    amounts = [figures.amount_of(b.get("budget_amount")) for b in budgets]
    spent = [figures.amount_of(b.get("spent")) for b in budgets]
    table = plain_table()
    for title in ("For", "Period"):
        table.add_column(title, no_wrap=True)
    for title in ("Amount", "Spent", "Used"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Alert", no_wrap=True)
    current = in_force(budgets, today)
    for budget, amount, used in zip(budgets, amounts, spent, strict=True):
        scope = ", ".join(f"{k} {figures.clean(v)}" for k, v in (budget.get("scope") or {}).items())
        if budget.get("each"):
            scope = f"{scope}, each {budget['each']}".removeprefix(", ")
        period = str(budget.get("month") or f"every {budget.get('period') or 'month'}")
        ratio = _ratio(budget)
        alert = "over budget" if ratio >= 1 else "alerted" if budget.get("alert_sent") else "–"
        style = "red" if ratio >= 1 else "yellow" if budget.get("alert_sent") else ""
        cells = [
            figures.shorten(scope or "everything", 28 if screen.width else 1000),
            period,
            figures.money(amount, 2),
            figures.money(used, 2),
            figures.percent(ratio) if amount else "–",
        ]
        row_style = "" if budget in current else "dim"
        table.add_row(*map(Text, cells), Text(alert, style), style=row_style)
    return table


def _labelled(label: str, text: Text) -> Text:
    return Text.assemble((label.ljust(_LABEL), "dim"), text)
