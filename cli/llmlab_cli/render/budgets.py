"""Budgets as a table: what each allows, how much of it is spent, and whether it has alerted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]


def spent_of(budget: Json) -> str | None:
    """Return what counts against a budget: of one for each, the most that any has spent."""
    if not budget.get("each"):
        spent: str | None = budget.get("spent")
        return spent
    values = budget.get("values")
    return None if values is None else values[0]["spent"] if values else "0"


def ratio_of(budget: Json) -> Decimal:
    """Return how much of a budget is spent: 1 is all of it."""
    amount, spent = figures.amount_of(budget.get("budget_amount")), figures.amount_of(spent_of(budget))
    if amount > 0:
        return spent / amount
    # Nothing is allowed: anything spent is over.
    return Decimal(2) if spent > 0 else Decimal(0)


def budget_table(budgets: Sequence[Json], screen: Screen) -> RenderableType:
    """Return every budget as a row: for `llmlab budget list`."""
    if not budgets:
        return Text("No budget yet: `llmlab budget set 500` sets one for every month.")
    amounts = [figures.amount_of(b.get("budget_amount")) for b in budgets]
    spent = [figures.amount_of(spent_of(b)) for b in budgets]
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
        ratio = ratio_of(budget)
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
