"""Days that stand out: spend of one model, feature, customer or user against its own weekday history.

A day is compared with the last eight weeks of the same value, on a logarithmic scale, by median and median
deviation, so that earlier spikes do not hide it. It stands out when it is far outside of what was usual,
at least half above it, and by an amount that is worth a message. A value that is younger than three weeks
has nothing to be compared with: it stands out once, when it takes a large part of the workspace's spend.
Amounts are USD.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median, median_high, median_low
from typing import Final

from llmlab_shared.domain.daily_course import ONE, ZERO

HISTORY_DAYS: Final = 56
MIN_DAYS: Final = 21
DEFAULT_MINIMUM: Final = Decimal(10)
# A day stands out at this many times what was usual, or more.
MIN_RATIO: Final = Decimal("1.5")
# Robust deviations from the median; and the least that a day is thought to stray, on the logarithmic scale.
_FAR: Final = Decimal(4)
_LEAST_DEVIATION: Final = Decimal("0.1")
_MAD_TO_DEVIATION: Final = Decimal("1.4826")
# Weekdays of three weeks, and of fewer days than that, are not told apart.
_WEEKDAY_TIMES: Final = 3
_LEVEL_DAYS: Final = 28
# A weekday that strays so many times as far as the others does so by itself, and not by chance.
_OTHERWISE: Final = Decimal("1.7")
# What stood out lately is no news until there is so much more of it.
_RECENT_DAYS: Final = 7
# What differs by less of the workspace's usual day is nobody's concern.
_CONCERN: Final = Decimal("0.02")
# A value without history stands out at this part of what the workspace usually spends a day.
NEW_SHARE: Final = Decimal("0.25")
_NEW_RATIO: Final = Decimal(2)
# What was usual is known no better than this.
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day that stands out: what was usual for it, and within which range (USD)."""

    spend: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal


def judge(
    history: Mapping[date, Decimal],
    day: date,
    spend: Decimal,
    *,
    workspace_usual: Decimal,
    minimum: Decimal = DEFAULT_MINIMUM,
    unknown: Collection[date] = (),
) -> Anomaly | None:
    """Return in which way a day stands out, or None.

    `history` has a value's spend of the 56 days before `day`, none left out but those without spend;
    `unknown` are days of which that is not known. `workspace_usual` is what all of the workspace spends on
    a usual day. Part of a day may be judged: what it has spent already it will have spent.
    """
    worth = max(minimum, workspace_usual * _CONCERN)
    if spend < worth:
        return None
    before = _before(history, day, unknown)
    found = (
        _against(before, day, spend, minimum)
        if _age(before, day) >= MIN_DAYS
        else _new(before, spend, workspace_usual, minimum)
    )
    return found if found is not None and spend - found.expected >= worth else None


def usual_day(spend: Sequence[Decimal]) -> Decimal:
    """Return what a usual day costs, of those that cost anything."""
    some = [amount for amount in spend if amount > 0]
    return median(some) if some else ZERO


def _before(history: Mapping[date, Decimal], day: date, unknown: Collection[date]) -> dict[date, Decimal]:
    """Return the known days from the first one with spend on."""
    days = [day - timedelta(days=n) for n in range(HISTORY_DAYS, 0, -1)]
    begin = next((one for one in days if history.get(one, ZERO) > 0), day)
    return {one: max(history.get(one, ZERO), ZERO) for one in days if one >= begin and one not in unknown}


def _age(before: Mapping[date, Decimal], day: date) -> int:
    return len(before) and (day - min(before)).days


def _new(
    before: Mapping[date, Decimal], spend: Decimal, workspace_usual: Decimal, minimum: Decimal
) -> Anomaly | None:
    so_far = max(before.values(), default=ZERO)
    high = max(workspace_usual * NEW_SHARE, so_far * _NEW_RATIO, minimum)
    expected = usual_day(list(before.values())).quantize(_CENT)
    return Anomaly(spend, expected, ZERO, high) if spend >= high else None


def _against(before: Mapping[date, Decimal], day: date, spend: Decimal, minimum: Decimal) -> Anomaly | None:
    # Below a part of what is worth a message amounts differ by chance.
    offset = minimum / 10
    raised = {one: amount + offset for one, amount in before.items()}
    # The level of the last four weeks counts, and each four weeks stray around their own.
    recent = {one for one in raised if (day - one).days <= _LEVEL_DAYS}
    if not recent or spend < (_least_usual(raised, recent, day) - offset) * MIN_RATIO:
        return None
    logs = {one: amount.ln() for one, amount in raised.items()}
    newer = {one: value for one, value in logs.items() if one in recent}
    older = {one: value for one, value in logs.items() if one not in recent}
    level = median(newer.values())
    level_before = median(older.values()) if older else level
    off = {one: value - (level if one in newer else level_before) for one, value in logs.items()}
    effects = [_weekday_effect(off, weekday) for weekday in range(7)]
    strays = {one: abs(value - effects[one.weekday()]) for one, value in off.items()}
    # Busy weekdays may stray more than quiet ones, of which there may be more.
    of_weekday = [stray for one, stray in strays.items() if one.weekday() == day.weekday()]
    typical = median(strays.values())
    if of_weekday and median(of_weekday) > typical * _OTHERWISE:
        typical = median(of_weekday)
    deviation = max(typical * _MAD_TO_DEVIATION, _LEAST_DEVIATION)

    def at(one: date, deviations: Decimal) -> Decimal:
        amount = (level + effects[one.weekday()] + deviations * deviation).exp() - offset
        return max(amount, ZERO).quantize(_CENT)

    expected, low, high = at(day, ZERO), at(day, -_FAR), at(day, _FAR)
    if spend <= high or spend < expected * MIN_RATIO:
        return None
    lately = [day - timedelta(days=n) for n in range(1, _RECENT_DAYS + 1)]
    told = [before[one] for one in lately if one in before and before[one] > at(one, _FAR)]
    if told and spend < max(told) * MIN_RATIO:
        return None
    return Anomaly(spend, expected, low, high)


def _least_usual(raised: Mapping[date, Decimal], recent: Collection[date], day: date) -> Decimal:
    """Return what is usual at least: most days are below it, and need no logarithms to be told usual."""
    newer = [amount for one, amount in raised.items() if one in recent]
    older = [amount for one, amount in raised.items() if one not in recent]
    highs = median_high(newer), median_high(older) if older else Decimal(0)
    own = [
        amount / (highs[0] if one in recent else highs[1])
        for one, amount in raised.items()
        if one.weekday() == day.weekday()
    ]
    return median_low(newer) * min(median_low(own) if own else ONE, ONE)


def _weekday_effect(off: Mapping[date, Decimal], weekday: int) -> Decimal:
    """Return by how much a weekday differs, the less the fewer of it there are."""
    own = [value for one, value in off.items() if one.weekday() == weekday]
    if len(own) < _WEEKDAY_TIMES:
        return ZERO
    return median(own) * (ONE - ONE / (len(own) + 1))
