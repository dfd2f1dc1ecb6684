"""What a budget counts: its scope, the edges of its periods, which is in force, which thresholds are passed.

Several places apply these rules and must agree: the spend transaction, which adds to what is spent; a
change of a budget, which works out from the rollups what was spent before it; reconciliation; back-tests.

A budget has a standing row (`month` is None) for every period, and may have rows for single months. In
a month with a row of its own the standing row counts nothing: exactly one of them is in force. Only
metered spend counts. What is spent counts by the event's own time in the workspace's zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Any, Final, Literal, get_args

from llmlab_shared.domain.dimensions import OWN, TAG

Period = Literal["day", "week", "month", "quarter", "year"]
Each = Literal["user", "team", "customer", "api_key", "project"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
EACH: Final[tuple[Each, ...]] = get_args(Each)
# What a scope may name beside `tag.<key>`.
BASE_SCOPE: Final = ("provider", "model", "api_key", "environment")
OWN_SCOPE: Final = ("feature", "customer", "user", "team", "project")
SCOPE: Final = (*BASE_SCOPE, *OWN_SCOPE)

DEFAULT_THRESHOLDS = (Decimal("0.5"), Decimal("0.8"), Decimal("1"))
MAX_THRESHOLD = Decimal(10)
MAX_THRESHOLDS = 10
MAX_AMOUNT = Decimal(10) ** 12
MAX_AMOUNTS = 100
# An amount of 24 digits times a threshold of 6 has more than the 28 that a Decimal keeps by itself.
_EXACT: Final = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much may be spent in each period that begins on `valid_from` or later, in USD.

    `revision` counts the changes of a budget's amounts: each revision alerts anew.
    """

    valid_from: date
    amount: Decimal
    revision: int


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """A budget as those need it who count: thresholds are parts of the amount, ascending.

    `scope` has values by dimension, all of which an event must have (`api_key` by its id as text).
    `amounts` are ascending; the first holds for what lies before it too; `revision` is the last one given to
    any. `counts_from` is the first local
    day that counts, None: all. `paused` budgets record what they pass and tell nobody.
    """

    id: int
    workspace_id: int
    name: str
    scope: Mapping[str, str]
    each: Each | None
    period: Period
    month: date | None
    amounts: Sequence[Amount]
    thresholds: Sequence[Decimal]
    revision: int = 1
    counts_from: date | None = None
    paused: bool = False
    channels: Sequence[int] | None = None

    def amount_of(self, start: date) -> Amount:
        """Return the amount of the period that begins on a day."""
        held = self.amounts[0]
        for amount in self.amounts[1:]:
            if amount.valid_from > start:
                break
            held = amount
        return held

    @property
    def dimensions(self) -> set[str]:
        """What of an event decides whether and for whom it counts."""
        return {*self.scope, *([self.each] if self.each else ())}

    @property
    def own_dimensions(self) -> set[str]:
        """Those of them that are the caller's own, which tier 2 keeps one at a time."""
        return {name for name in self.dimensions if name in OWN or name.startswith(TAG)}

    @property
    def is_kept(self) -> bool:
        """Whether the rollups keep what it counts, whatever the day."""
        own = self.own_dimensions
        return not own or (len(own) == 1 and self.dimensions - own <= {"provider", "model"})


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


def family(rule: BudgetRule) -> tuple[Any, ...]:
    """Return what the rows of one budget have in common: the standing one and those of single months."""
    return rule.workspace_id, tuple(sorted(rule.scope.items())), rule.each, rule.period


def in_force(rules: Iterable[BudgetRule], day: date) -> list[BudgetRule]:
    """Return the rules that count spend of a local day: a month's own row displaces the standing one."""
    month = day.replace(day=1)
    found: dict[tuple[Any, ...], BudgetRule] = {}
    for rule in rules:
        if rule.month == month or (rule.month is None and family(rule) not in found):
            found[family(rule)] = rule
    return [rule for rule in found.values() if rule.counts_from is None or day >= rule.counts_from]


def limit_of(amount: Decimal, threshold: Decimal) -> Decimal:
    """Return the spend at which a threshold of an amount is reached, exactly."""
    return _EXACT.multiply(amount, threshold)


def passed(thresholds: Iterable[Decimal], amount: Decimal, spend: Decimal) -> list[Decimal]:
    """Return the thresholds that a spend has reached; reaching one exactly counts."""
    return [threshold for threshold in thresholds if spend >= limit_of(amount, threshold)]


def with_threshold(thresholds: Iterable[Decimal], extra: Decimal) -> list[Decimal]:
    """Return thresholds, ascending, that include one more."""
    return sorted({*thresholds, extra})


def alert_threshold(thresholds: Sequence[Decimal], wanted: Decimal) -> Decimal:
    """Return the threshold that `alert_sent` speaks of.

    That is the workspace's own, where the budget has it; else the next one above, else the highest.
    """
    return min((t for t in thresholds if t >= wanted), default=max(thresholds))
