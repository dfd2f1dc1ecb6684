"""What a budget would have done, before it is made: from the rollups of the days before."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from llmlab_shared.db.budget_history import spend_by_day
from llmlab_shared.db.repositories.budgets import BudgetChange, BudgetPlace
from llmlab_shared.domain.backtest import Backtest, Firing, backtest
from llmlab_shared.domain.budgets import (
    DEFAULT_THRESHOLDS,
    Amount,
    BudgetRule,
    period_end,
    period_start,
    with_threshold,
)
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.zones import local_day

from llmlab_api.budgets.calendars import Calendar
from llmlab_api.budgets.wire import scope_on_wire

_SHOWN = 1000


async def run_backtest(
    driver: asyncpg.Connection,
    calendar: Calendar,
    place: BudgetPlace,
    change: BudgetChange,
    days: int,
) -> dict[str, Any]:
    """Return what the budget would have done in the last `days` days, today included.

    Raises `LLMLabError` (`too_much_to_count`).
    """
    today = local_day(calendar.as_of, calendar.zone)
    first = today - timedelta(days=days - 1)
    rule = _rule(calendar, place, change, period_start(first, place.period))
    since, until = period_start(first, place.period), today
    if place.month:
        last = period_end(place.month, "month") - timedelta(days=1)
        since, until = max(since, place.month), min(until, last)
    daily = await spend_by_day(driver, rule, calendar.zone, first=since, last=until)
    return _on_wire(rule, backtest(rule, daily, first, today))


def _rule(calendar: Calendar, place: BudgetPlace, change: BudgetChange, start: date) -> BudgetRule:
    amounts = change.amounts or {change.amount_from or start: change.amount or Decimal(0)}
    return BudgetRule(
        id=0,
        workspace_id=calendar.workspace_id,
        name="",
        scope=place.scope,
        each=place.each,
        period=place.period,
        month=place.month,
        amounts=[Amount(day, amount, 1) for day, amount in sorted(amounts.items())],
        thresholds=list(change.thresholds or with_threshold(DEFAULT_THRESHOLDS, calendar.threshold)),
    )


def _on_wire(rule: BudgetRule, result: Backtest) -> dict[str, Any]:
    return {
        "summary": _summary(rule, result),
        "from": result.first.isoformat(),
        "to": (result.last + timedelta(days=1)).isoformat(),
        "scope": scope_on_wire(rule.scope),
        "fired": len(result.fired),
        "thresholds": [_fired(threshold, result.fired) for threshold in rule.thresholds],
        "alerts": [
            {
                "day": firing.day.isoformat(),
                "threshold": to_wire(firing.threshold),
                "spend": to_wire(firing.spend),
                "period_start": firing.start.isoformat(),
                **({"value": firing.value} if firing.value else {}),
            }
            for firing in result.fired[:_SHOWN]
        ],
        "periods": [
            {
                "period_start": start.isoformat(),
                "period_end": period_end(start, rule.period).isoformat(),
                "amount": to_wire(rule.amount_of(start).amount),
                "spent": to_wire(spent),
            }
            for start, spent in sorted(result.spent.items())
        ],
    }


def _fired(threshold: Decimal, fired: Sequence[Firing]) -> dict[str, Any]:
    days = [firing.day for firing in fired if firing.threshold == threshold]
    first = min(days).isoformat() if days else None
    return {"threshold": to_wire(threshold), "times": len(days), "first": first}


def _summary(rule: BudgetRule, result: Backtest) -> str:
    days = (result.last - result.first).days + 1
    span = f"in the last {days} days" if days > 1 else "today"
    if not result.spent:
        return f"Nothing that this budget counts was spent {span}."
    if not result.fired:
        return f"These thresholds would not have fired {span}."
    times = "once" if len(result.fired) == 1 else f"{len(result.fired):,} times"
    first = result.fired[0].day
    whose = ""
    if rule.each:
        values = len({firing.value for firing in result.fired})
        kind = rule.each.replace("_", " ") + ("s" if values > 1 else "")
        whose = f" for {values:,} {kind}"
    when = "on" if len(result.fired) == 1 else "first on"
    return f"These thresholds would have fired {times}{whose} {span}, {when} {first.day} {first:%B %Y}."
