"""Budgets as tables: what each allows, how much of it is spent, and whether it has alerted."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]

# What the server calls budgets that were given no name: their scope and period stand there anyway.
_UNNAMED = re.compile(r"((Daily|Weekly|Monthly|Quarterly|Yearly) budget|Budget of \d{4}-\d{2})( of .*)?")
_LONGEST_NAME, _LEAST_NAME = 40, 12
# Below these widths the less telling columns go.
_NO_IDS_BELOW, _NO_ALERTS_BELOW = 60, 70
_BESIDE = 56
_BESIDE_WHEN_BRIEF = 36


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


def subject(budget: Json) -> str:
    """Return a budget's name and what it is for; '' for the unnamed one of the whole workspace."""
    name = figures.clean(budget.get("name") or "")
    scope = scope_words(budget)
    if not name or _UNNAMED.fullmatch(name):
        return ", ".join(scope)
    # A name that was made of the scope says it already.
    told = all(part.lower() in name.lower() for part in scope)
    return name if told else f"{name} ({', '.join(scope)})"


def scope_words(budget: Json) -> list[str]:
    """Return what a budget counts, in words; of one for each, who has spent the most."""
    words = []
    for key, value in (budget.get("scope") or {}).items():
        parts = (
            {f"{key}.{name}": v for name, v in value.items()} if isinstance(value, Mapping) else {key: value}
        )
        words += [f"{name} {figures.clean(v)}" for name, v in parts.items()]
    if budget.get("each"):
        values = budget.get("values")
        most = f": {figures.clean(values[0]['value'])}" if values else ""
        words.append(f"each {budget['each'].replace('_', ' ')}{most}")
    return words


def budget_table(budgets: Sequence[Json], screen: Screen) -> RenderableType:
    """Return every budget as a row: for `llmlab budget list`."""
    if not budgets:
        return Text("No budget yet: `llmlab budget set 500` sets one for every month.")
    amounts = [figures.amount_of(b.get("budget_amount")) for b in budgets]
    spent = [figures.amount_of(spent_of(b)) for b in budgets]
    ids, alerts = screen.columns >= _NO_IDS_BELOW, screen.columns >= _NO_ALERTS_BELOW
    table = plain_table()
    if ids:
        table.add_column("Id", no_wrap=True)
    for title in ("For", "Period"):
        table.add_column(title, no_wrap=True)
    for title in ("Amount", "Spent", "Used"):
        table.add_column(title, justify="right", no_wrap=True)
    if alerts:
        table.add_column("Alert", no_wrap=True)
    beside = _BESIDE if ids else _BESIDE_WHEN_BRIEF
    longest = min(_LONGEST_NAME, max(_LEAST_NAME, screen.columns - beside)) if screen.width else 1000
    for budget, amount, used in zip(budgets, amounts, spent, strict=True):
        ratio = ratio_of(budget)
        alert, style = _alert(budget)
        cells = [
            *([str(budget["id"])] if ids else []),
            figures.shorten(subject(budget) or "everything", longest),
            str(budget.get("month") or f"{'every ' if ids else ''}{budget.get('period') or 'month'}"),
            figures.money(amount, 2),
            figures.money(used, 2),
            figures.percent(ratio) if amount else "–",
        ]
        last = [Text(alert, style)] if alerts else []
        table.add_row(*map(Text, cells), *last, style="" if budget["in_force"] else "dim")
    return table


def _alert(budget: Json) -> tuple[str, str]:
    if budget.get("paused"):
        return "paused", "dim"
    if ratio_of(budget) >= 1:
        return "over budget", "red"
    return ("alerted", "yellow") if budget.get("alert_sent") else ("–", "")


def budget_in_full(budget: Json, screen: Screen) -> RenderableType:
    """Return all of one budget: for `llmlab budget show`."""
    amount, spent = figures.amount_of(budget["budget_amount"]), figures.amount_of(spent_of(budget))
    ratio = ratio_of(budget)
    bar = charts.bar(ratio, None, max(8, min(40, screen.columns - 40)))
    bar.append(f"  {figures.money(spent, 2)} of {figures.money(amount, 2)}  ")
    bar.append(figures.percent(ratio), style="red" if ratio >= 1 else "")
    facts = [
        ("For", Text(subject({**budget, "values": None}) or "everything that is spent")),
        ("Period", Text(f"{budget['period']}, {_span(budget)}")),
        ("Used", bar),
        ("Amounts", Text(", ".join(f"{_usd(a['amount'])} from {a['from']}" for a in budget["amounts"]))),
        ("Alerts at", Text(", ".join(figures.percent(Decimal(t)) for t in budget["thresholds"]))),
    ]
    if outlook := budget.get("outlook"):
        facts += _outlook(outlook, amount)
    if budget.get("counts_from"):
        facts.append(("Counts", Text(f"from {budget['counts_from']} on")))
    if budget.get("paused"):
        facts.append(("Paused", Text("it is counted, and tells nobody", "yellow")))
    if channels := budget.get("channels"):
        facts.append(("Told to", Text(f"channels {', '.join(map(str, channels))}")))
    parts: list[RenderableType] = [Text.assemble((label.ljust(10), "dim"), value) for label, value in facts]
    if values := budget.get("values"):
        parts += [Text(), _values(values, amount, budget)]
    if budget["alerts"]:
        parts += [Text(), _alerts(budget)]
    return Group(*parts)


def _span(budget: Json) -> str:
    first = date.fromisoformat(budget["period_start"])
    last = date.fromisoformat(budget["period_end"]) - timedelta(days=1)
    return figures.day(first) if first == last else f"{figures.day(first)} – {figures.day(last)}"


def _outlook(outlook: Json, amount: Decimal) -> list[tuple[str, Text]]:
    if not outlook["forecast"]:
        return [("Outlook", Text(f"none: {figures.clean(outlook['reason'])}", "dim"))]
    low, likely, high = (figures.amount_of(outlook["forecast"][name]) for name in ("low", "likely", "high"))
    said = f"likely {figures.money(likely, 2)} ({figures.money(low, 2)} to {figures.money(high, 2)})"
    lines = [("Outlook", Text(said))]
    if outlook["expected_on"]:
        day = figures.day(date.fromisoformat(outlook["expected_on"]))
        style = "yellow" if likely >= amount else ""
        lines.append(("", Text(f"on this course all of it is spent on {day}", style)))
    return lines


def _usd(amount: str) -> str:
    return figures.money(figures.amount_of(amount), 2)


def _values(values: Sequence[Json], amount: Decimal, budget: Json) -> RenderableType:
    table = plain_table()
    table.add_column(budget["each"].replace("_", " ").capitalize(), no_wrap=True)
    table.add_column("Spent", justify="right", no_wrap=True)
    table.add_column("Used", justify="right", no_wrap=True)
    for held in values:
        spent = figures.amount_of(held["spent"])
        ratio = spent / amount if amount else Decimal(0)
        cells = [figures.shorten(figures.clean(held["value"]), _LONGEST_NAME), figures.money(spent, 2)]
        table.add_row(*map(Text, cells), Text(figures.percent(ratio), "red" if ratio >= 1 else ""))
    more = int(budget.get("values_count") or 0) - len(values)
    if more <= 0:
        return table
    return Group(table, Text(f"{more:,} more: `--json` and the API list them", "dim"))


def _alerts(budget: Json) -> RenderableType:
    table = plain_table()
    for title in ("Alerted", "At"):
        table.add_column(title, no_wrap=True)
    table.add_column("Spent", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for alert in reversed(budget["alerts"]):
        at = figures.instant(alert["crossed_at"])
        when = f"{figures.day(at.date())} {at:%H:%M}" if at else str(alert["crossed_at"])
        cells = [when, figures.percent(Decimal(alert["threshold"])), _usd(alert["spend"])]
        table.add_row(*map(Text, cells), Text(figures.clean(alert.get("value") or ""), "dim"))
    return table
