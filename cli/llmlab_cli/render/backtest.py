"""What a budget would have done before: the sentence, the periods as bars, and the alerts."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_MOST_PERIODS, _MOST_ALERTS = 14, 10
_BESIDE = 42


def backtest(answer: Json, screen: Screen) -> RenderableType:
    """Return the screen of `llmlab budget backtest`."""
    parts: list[RenderableType] = [Text(figures.clean(answer["summary"]), "bold")]
    if answer["periods"]:
        parts += [Text(), _periods(answer["periods"], screen)]
    if answer["alerts"]:
        parts += [Text(), _alerts(answer["alerts"])]
        more = answer["fired"] - min(_MOST_ALERTS, len(answer["alerts"]))
        if more:
            parts.append(Text(f"{more:,} more: `--json` has {'them' if more > 1 else 'it'}", "dim"))
    return Group(*parts)


def _periods(periods: Sequence[Json], screen: Screen) -> RenderableType:
    shown = periods[-_MOST_PERIODS:]
    table = plain_table()
    table.add_column("Period from", no_wrap=True)
    width = max(0, min(30, screen.columns - _BESIDE))
    if width >= 5:
        table.add_column("", no_wrap=True)
    for title in ("Spent", "Used"):
        table.add_column(title, justify="right", no_wrap=True)
    for period in shown:
        spent, amount = figures.amount_of(period["spent"]), figures.amount_of(period["amount"])
        ratio = spent / amount if amount else Decimal(0)
        bar = [charts.bar(ratio, None, width)] if width >= 5 else []
        table.add_row(
            Text(_day(period["period_start"])),
            *bar,
            Text(figures.money(spent, 2)),
            Text(figures.percent(ratio), "red" if ratio >= 1 else ""),
        )
    if len(shown) < len(periods):
        return Group(Text(f"{len(periods) - len(shown)} earlier periods: `--json` has them", "dim"), table)
    return table


def _alerts(alerts: Sequence[Json]) -> RenderableType:
    table = plain_table()
    for title in ("Day", "Alert"):
        table.add_column(title, no_wrap=True)
    table.add_column("Spent", justify="right", no_wrap=True)
    if any(alert.get("value") for alert in alerts):
        table.add_column("Whose", no_wrap=True)
    for alert in alerts[:_MOST_ALERTS]:
        whose = [Text(figures.shorten(figures.clean(alert["value"]), 40))] if alert.get("value") else []
        table.add_row(
            Text(_day(alert["day"])),
            Text(figures.percent(Decimal(alert["threshold"]))),
            Text(figures.money(figures.amount_of(alert["spend"]), 2)),
            *whose,
        )
    return table


def _day(day: str) -> str:
    return figures.day(date.fromisoformat(day))
