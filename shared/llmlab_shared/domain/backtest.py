"""What the thresholds of a budget would have done in days that are past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from llmlab_shared.domain.budgets import BudgetRule, passed, period_start


@dataclass(frozen=True, slots=True)
class Firing:
    """A threshold that would have been passed on a day; `value` is whose spend it was, or `""`."""

    day: date
    threshold: Decimal
    spend: Decimal
    start: date
    value: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have fired in [first, last], and the most that one spent in each period, by its start."""

    first: date
    last: date
    fired: Sequence[Firing]
    spent: Mapping[date, Decimal]


def backtest(
    rule: BudgetRule, daily: Mapping[tuple[str, date], Decimal], first: date, last: date
) -> Backtest:
    """Return what a budget would have done, given its spend by value and day.

    `daily` begins with the period that `first` lies in, so that what was spent of it before counts. A
    threshold fires on the first day at whose end its spend has been reached: days are the resolution.
    """
    fired: list[Firing] = []
    totals: dict[tuple[str, date], Decimal] = {}
    reached: dict[tuple[str, date], set[Decimal]] = {}
    for (value, day), spend in sorted(daily.items(), key=lambda held: (held[0][1], held[0][0])):
        start = period_start(day, rule.period)
        place = value, start
        totals[place] = totals.get(place, Decimal(0)) + spend
        known = reached.setdefault(place, set())
        for threshold in passed(rule.thresholds, rule.amount_of(start).amount, totals[place]):
            if threshold not in known:
                known.add(threshold)
                if first <= day <= last:
                    fired.append(Firing(day, threshold, totals[place], start, value))
    spent: dict[date, Decimal] = {}
    for (_, start), total in totals.items():
        spent[start] = max(spent.get(start, Decimal(0)), total)
    return Backtest(first, last, fired, spent)
