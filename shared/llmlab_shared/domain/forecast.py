"""How much a period will have cost when it ends: the likely sum, a range, and when a budget is used up.

What is spent is known; the rest goes on as the last eight weeks did (`daily_course`). The range is meant to
hold the truth four times out of five. On too little history there is no forecast but the reason why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

from llmlab_shared.domain.daily_course import ONE, ZERO, Course, fit

METHOD: Final = (
    "Daily spend of the last 8 weeks: recent days weigh more, weekdays differ, a trend counts as far as it "
    "stands out; the range is to hold the truth 4 times out of 5"
)
HISTORY_DAYS: Final = 56
MIN_DAYS: Final = 14
# Beyond its own length times this, a history tells nothing.
REACH: Final = 3
# Of the last 28 days, so many had spend, or at least half of a shorter history.
_RECENT_DAYS: Final = 28
MIN_DAYS_WITH_SPEND: Final = 7
SILENT_DAYS: Final = 14
# 80 % of a normal distribution lie within so many deviations.
_WITHIN: Final = Decimal("1.2816")
_MOST_DEVIATION: Final = Decimal(2)
# Less of a day tells nothing of the rest of it.
_TELLING: Final = Decimal("0.1")
_LIMITS: Final = (Decimal("0.2"), Decimal(5))
_CENTS: Final = Decimal("0.01")

Missing = Literal["no_spend", "no_recent_spend", "short_history", "gaps"]


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Why there is no forecast: `code` is stable, `reason` says what is missing."""

    code: Missing
    reason: str


@dataclass(frozen=True, slots=True)
class DayAhead:
    """What will have been spent of the period when a day ends, in USD."""

    day: date
    likely: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a period will have cost, in USD, by day from today to its end.

    `expected_on` is the day on which the amount is passed if all goes as is likely, `first` and `last` the
    days between which that happens within the range; None: not within the period, or there is no amount.
    """

    likely: Decimal
    low: Decimal
    high: Decimal
    days: Sequence[DayAhead]
    expected_on: date | None = None
    first: date | None = None
    last: date | None = None


def forecast(
    history: Mapping[date, Decimal],
    spent: Decimal,
    start: date,
    end: date,
    today: date,
    *,
    amount: Decimal | None,
    elapsed: Decimal,
) -> Forecast | TooLittle:
    """Return what [start, end) will have cost, or why that cannot be told.

    `history` has the spend (USD) of local days before today; days without any may be left out. `spent` is
    that of the period so far, today's included, `amount` that of a budget. `elapsed` is how much of a usual
    day's spend comes before this time of day, from 0 to 1. `today` lies within the period.
    """
    if not start <= today < end:
        raise ValueError("today lies within the period")
    days = daily(history, today)
    lacking = _lacking(days, (end - today).days)
    if lacking is not None:
        return lacking
    course = fit(days, today - timedelta(days=1))
    before = sum((history.get(start + timedelta(days=n), ZERO) for n in range((today - start).days)), ZERO)
    rest = _rest_of_today(course, max(spent - before, ZERO), today, elapsed)
    ahead = _ahead(course, spent, rest, today, end)
    whole = ahead[-1]
    if amount is None:
        return Forecast(whole.likely, whole.low, whole.high, ahead)
    return Forecast(
        whole.likely,
        whole.low,
        whole.high,
        ahead,
        expected_on=_passed(ahead, [day.likely for day in ahead], amount),
        first=_passed(ahead, [day.high for day in ahead], amount),
        last=_passed(ahead, [day.low for day in ahead], amount),
    )


def daily(history: Mapping[date, Decimal], today: date) -> list[Decimal]:
    """Return the spend of every day from the first one with spend, at most eight weeks ago, to yesterday."""
    days = [history.get(today - timedelta(days=n), ZERO) for n in range(HISTORY_DAYS, 0, -1)]
    begin = next((n for n, amount in enumerate(days) if amount > 0), len(days))
    # A correction may leave less than nothing on a day.
    return [max(amount, ZERO) for amount in days[begin:]]


def _lacking(days: Sequence[Decimal], ahead: int) -> TooLittle | None:
    if not days:
        return TooLittle("no_spend", "nothing was spent in the 8 weeks before today")
    if not any(days[-SILENT_DAYS:]):
        return TooLittle(
            "no_recent_spend", f"nothing was spent in the {SILENT_DAYS} days before today: there is no course"
        )
    needed = min(max(MIN_DAYS, -(-ahead // REACH)), HISTORY_DAYS)
    if len(days) < needed:
        return TooLittle(
            "short_history",
            f"spend began {len(days)} {'day' if len(days) == 1 else 'days'} ago; "
            f"{needed} days of history are needed to tell {ahead} ahead",
        )
    recent = days[-_RECENT_DAYS:]
    with_spend = sum(amount > 0 for amount in recent)
    if with_spend < MIN_DAYS_WITH_SPEND:
        return TooLittle(
            "gaps",
            f"only {with_spend} of the last {len(recent)} days had spend; "
            f"at least {MIN_DAYS_WITH_SPEND} are needed",
        )
    return None


def _ahead(course: Course, spent: Decimal, rest_of_today: Decimal, today: date, end: date) -> list[DayAhead]:
    likely = low = high = spent
    rest = rest_of_today
    ahead = []
    left = rest_of_today / course.expected(today) if rest_of_today else ZERO
    for n in range((end - today).days):
        day = today + timedelta(days=n)
        rest += course.expected(day) if n else ZERO
        times = (min(course.deviation(left + n), _MOST_DEVIATION) * _WITHIN).exp()
        # What was spent stays spent: a path never falls.
        likely = max(likely, spent + rest)
        low = max(low, spent + rest / times)
        high = max(high, spent + rest * times)
        ahead.append(DayAhead(day, _rounded(likely), _rounded(low), _rounded(high)))
    return ahead


def _rest_of_today(course: Course, spent_today: Decimal, today: date, elapsed: Decimal) -> Decimal:
    """Return what is to come today; the more of the day is over, the more it is trusted to go on so."""
    usual = course.expected(today)
    so_far = usual * elapsed
    pace = ONE
    if elapsed >= _TELLING and so_far > 0:
        least, most = _LIMITS
        pace += elapsed * (min(max(spent_today / so_far, least), most) - ONE)
    return usual * (ONE - elapsed) * pace


def _passed(ahead: Sequence[DayAhead], path: Sequence[Decimal], amount: Decimal) -> date | None:
    return next((day.day for day, sum_ in zip(ahead, path, strict=True) if sum_ >= amount), None)


def _rounded(amount: Decimal) -> Decimal:
    """Return an amount to the cent, or to four digits where that is finer: no more of it is known."""
    finest = min(_CENTS, Decimal(1).scaleb(amount.adjusted() - 3)) if amount else _CENTS
    return amount.quantize(finest, ROUND_HALF_EVEN)
