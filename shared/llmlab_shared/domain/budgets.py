"""What a budget counts: the edges of its periods, which budget is in force, which thresholds are passed.

Two places apply these rules and must agree: the spend transaction, which adds to what is spent, and a
change of a budget, which works out from the rollups what was spent before it.

A budget has a standing row (`month` is None) for every period, and may have rows for single months. In
a month with a row of its own the standing row counts nothing: exactly one of them is in force. Only
metered spend counts. What is spent counts by the event's own time in the workspace's zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

Period = Literal["day", "week", "month", "quarter", "year"]

DEFAULT_THRESHOLDS = (Decimal("0.5"), Decimal("0.8"), Decimal("1"))
MAX_THRESHOLD = Decimal(10)
MAX_THRESHOLDS = 10
MAX_AMOUNT = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """A budget as the spend transaction needs it; `amount` in USD, thresholds as parts of it, ascending.

    `revision` counts the changes of the amount: each revision alerts anew.
    """

    id: int
    workspace_id: int
    scope: Mapping[str, Any]
    each: str | None
    period: Period
    month: date | None
    amount: Decimal
    thresholds: Sequence[Decimal]
    revision: int


def period_start(day: date, period: Period) -> date:
    """Return the first local day of the period that a local day lies in; weeks begin on Monday."""
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def period_end(start: date, period: Period) -> date:
    """Return the first day after a period that begins on `start`."""
    match period:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return _plus_months(start, 1)
        case "quarter":
            return _plus_months(start, 3)
        case "year":
            return _plus_months(start, 12)


def _plus_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)


def _family(rule: BudgetRule) -> tuple[Any, ...]:
    scope = tuple(sorted((key, str(value)) for key, value in rule.scope.items()))
    return rule.workspace_id, scope, rule.each, rule.period


def in_force(rules: Iterable[BudgetRule], day: date) -> list[BudgetRule]:
    """Return the rules that count spend of a local day: a month's own row displaces the standing one."""
    month = day.replace(day=1)
    found: dict[tuple[Any, ...], BudgetRule] = {}
    for rule in rules:
        if rule.month == month or (rule.month is None and _family(rule) not in found):
            found[_family(rule)] = rule
    return list(found.values())


def passed(rule: BudgetRule, spend: Decimal) -> list[Decimal]:
    """Return the thresholds that a spend has reached; reaching one exactly counts."""
    return [threshold for threshold in rule.thresholds if spend >= rule.amount * threshold]


def with_threshold(thresholds: Iterable[Decimal], extra: Decimal) -> list[Decimal]:
    """Return thresholds, ascending, that include one more."""
    return sorted({*thresholds, extra})


def alert_threshold(thresholds: Sequence[Decimal], wanted: Decimal) -> Decimal:
    """Return the threshold that `alert_sent` speaks of.

    That is the workspace's own, where the budget has it; else the next one above, else the highest.
    """
    return min((t for t in thresholds if t >= wanted), default=max(thresholds))
