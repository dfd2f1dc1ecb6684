"""Budgets as bars: how much is spent, where the alert lies, and whether it has gone off."""

from collections.abc import Mapping, Sequence
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


def budget_lines(budgets: Sequence[Json], zone: str, screen: Screen) -> list[RenderableType]:
    """Return a bar for each budget in force, the workspace's own first, and what to do when there is none.

    `zone` is whose days the alerts are dated in.
    """
    current = [b for b in budgets if b["in_force"]]
    if not current:
        return [_labelled("Budget", Text("none yet: `llmlab budget set 500` sets one a month", "dim"))]
    current.sort(key=lambda b: (bool(b["scope"] or b["each"]), -_ratio(b)))
    lines: list[RenderableType] = []
    for budget in current[:MOST_BARS]:
        lines += _bar(budget, zone, screen)
    if len(current) > MOST_BARS:
        more = f"{len(current) - MOST_BARS} more: `llmlab budget list`"
        lines.append(_labelled("", Text(more, "dim")))
    return lines


def _ratio(budget: Json) -> Decimal:
    amount, spent = figures.amount_of(budget.get("budget_amount")), figures.amount_of(budget.get("spent"))
    if amount > 0:
        return spent / amount
    # Nothing is allowed: anything spent is over.
    return Decimal(2) if spent > 0 else Decimal(0)


def _bar(budget: Json, zone: str, screen: Screen) -> list[RenderableType]:
    amount, spent = figures.amount_of(budget["budget_amount"]), figures.amount_of(budget["spent"])
    ratio = _ratio(budget)
    amounts = f"{figures.money(spent, 2)} of {figures.money(amount, 2)}"
    percent = figures.percent(ratio) if amount > 0 else "–"
    when = f" this {budget['period']}"
    if screen.columns < _LABEL + 8 + len(amounts) + len(when) + len(percent) + 4:
        when = ""
    amounts += when
    width = max(8, min(30, screen.columns - _LABEL - len(amounts) - len(percent) - 4))
    line = charts.bar(ratio, _marker(budget), width)
    line.append(f"  {amounts}")
    line.append(f"  {percent}", style="red" if ratio >= 1 else "")
    lines: list[RenderableType] = [_labelled("Budget", line)]
    remarks = Text(", ").join([t for t in (_warning(budget, ratio, zone), _scope(budget)) if t])
    if remarks:
        lines.append(_labelled("", remarks))
    return lines


def _marker(budget: Json) -> Decimal | None:
    """Return the last threshold before the whole amount: where the bar is marked."""
    return max((t for t in map(Decimal, budget["thresholds"]) if t < 1), default=None)


def _warning(budget: Json, ratio: Decimal, zone: str) -> Text | None:
    highest = max(budget["alerts"], key=lambda a: Decimal(a["threshold"]), default=None)
    at = figures.instant(highest["crossed_at"], zone) if highest else None
    since = f" since {at.day} {at:%b}" if at else ""
    if ratio >= 1:
        amount, spent = figures.amount_of(budget["budget_amount"]), figures.amount_of(budget["spent"])
        over = f" by {figures.money(spent - amount, 2)}" if spent > amount else ""
        return Text(f"▲ over budget{over}{since}" if over else f"▲ all of it is spent{since}", "bold red")
    if highest is not None and budget["alert_sent"]:
        return Text(f"▲ alert: past {figures.percent(Decimal(highest['threshold']))}{since}", "yellow")
    return None


def _scope(budget: Json) -> Text | None:
    """Return what a budget is for, in words: None for the whole workspace by the month."""
    words = [f"{name} {figures.clean(value)}" for name, value in budget["scope"].items()]
    if budget["each"]:
        words.append(f"each {budget['each']}")
    if budget["month"]:
        words.append(f"{budget['month']} only")
    elif budget["period"] != "month":
        words.append(f"every {budget['period']}")
    return Text(", ".join(words), "dim") if words else None


def budget_table(budgets: Sequence[Json], screen: Screen) -> RenderableType:
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
        row_style = "" if budget["in_force"] else "dim"
        table.add_row(*map(Text, cells), Text(alert, style), style=row_style)
    return table


def _labelled(label: str, text: Text) -> Text:
    return Text.assemble((label.ljust(_LABEL), "dim"), text)
