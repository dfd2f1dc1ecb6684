"""What daily spend does by itself: its level, its weekdays, its trend, and how far days and weeks stray.

The parts of a forecast that rest on history alone. A level is what a day of average weekday costs: recent
days weigh more, by a weight that would have told the following weeks best, and a day far above the level
counts as three times it, so that a spike does not become the course. Weekday factors lean towards
"workday" and "weekend" while there are few weeks. A trend counts only as far as it stands out from how
weeks differ anyway. Amounts are USD; all arithmetic is decimal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

WEEK: Final = 7
ZERO, ONE = Decimal(0), Decimal(1)

# Weights of a day that is one older than another; each is tried on the history itself.
_DECAYS: Final = tuple(map(Decimal, ("0.97", "0.93", "0.85", "0.7")))
_USUAL_DECAY: Final = Decimal("0.93")
_SPIKE: Final = Decimal(3)
# How far days and weeks stray before the history has told: relative variances, worth so many observations.
_DAY_VARIANCE: Final = Decimal("0.09")
_WEEK_VARIANCE: Final = Decimal("0.01")
_PRIOR_WEIGHT: Final = Decimal(2)
_MAX_ERROR: Final = Decimal(2)
_TREND_WEEKS: Final = 4
_MAX_TREND: Final = Decimal("0.15")
# A trend is this much of itself the day after: 0.8 of it a week later.
_DAMPING: Final = Decimal("0.9686")


@dataclass(frozen=True, slots=True)
class Course:
    """How spend goes on from the day after the history: `expected` of a day, `deviation` of sums of days.

    `factors` are by weekday, Monday first, 1 on average. `growth` is relative, a week.
    """

    last: date
    level: Decimal
    factors: Sequence[Decimal]
    growth: Decimal
    day_variance: Decimal
    week_variance: Decimal

    def expected(self, day: date) -> Decimal:
        """Return what a day after the history will cost, if it goes on like this."""
        usual = self.level * self.factors[day.weekday()]
        if not self.growth:
            return usual
        days = (day - self.last).days
        grown = self.growth / WEEK * _DAMPING * (ONE - _DAMPING**days) / (ONE - _DAMPING)
        return usual * grown.exp()

    def deviation(self, days: Decimal) -> Decimal:
        """Return by how much of itself the sum of so many days strays: a relative standard deviation.

        Days stray by themselves, which evens out over many, and all together, which grows with time.
        """
        together = self.week_variance * (ONE + days / WEEK) / 2
        return (self.day_variance / max(days, ONE) + together).sqrt()


def fit(spend: Sequence[Decimal], last: date) -> Course:
    """Return the course of daily spend whose newest day is `last`; there are at least two weeks of it."""
    first = last - timedelta(days=len(spend) - 1)
    weekdays = [(first + timedelta(days=n)).weekday() for n in range(len(spend))]
    factors = _weekday_factors(spend, weekdays)
    weights = [factors[weekday] for weekday in weekdays]
    tame = _tame(spend, weights)
    levels = {decay: _levels(tame, weights, decay) for decay in _DECAYS}
    decay = _USUAL_DECAY
    if len(spend) >= 4 * WEEK:
        decay = min(_DECAYS, key=lambda one: _loss(tame, weights, levels[one]))
    # How far days stray is told by spikes as well.
    day_variance, week_variance = _variances(spend, weights, levels[decay])
    growth, age = _growth(tame, weights, week_variance), _age(weights, decay)
    level = levels[decay][-1] * (growth * age / WEEK).exp()
    return Course(last, level, factors, growth, day_variance, week_variance)


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _weekday_factors(spend: Sequence[Decimal], weekdays: Sequence[int]) -> list[Decimal]:
    """Return how each weekday compares with the week around it."""
    usual = [median(spend[n::WEEK]) for n in range(WEEK)]
    least = median(spend)
    # A spike says nothing of its weekday, nor of the others of its week.
    tame = [min(amount, _SPIKE * max(usual[n % WEEK], least)) for n, amount in enumerate(spend)]
    shares: list[list[Decimal]] = [[] for _ in range(WEEK)]
    for n, amount in enumerate(tame):
        begin = min(max(n - WEEK // 2, 0), len(tame) - WEEK)
        around = _total(tame[begin : begin + WEEK]) / WEEK
        if around > 0:
            shares[weekdays[n]].append(amount / around)
    factors = []
    for group in (range(5), range(5, WEEK)):
        every = [share for weekday in group for share in shares[weekday]]
        together = (_total(every) + ONE) / (len(every) + 1)
        factors += [(_total(own) + 2 * together) / (len(own) + 2) for own in (shares[day] for day in group)]
    mean = _total(factors) / WEEK
    return [factor / mean for factor in factors]


def _tame(spend: Sequence[Decimal], weights: Sequence[Decimal]) -> list[Decimal]:
    """Return the spend without what is a spike, against all days and the week before: a new level is none."""
    flat = [amount / weight for amount, weight in zip(spend, weights, strict=True)]
    usual = median(flat)
    return [
        min(amount, _SPIKE * weight * max(median(flat[max(n - WEEK, 0) : n] or [usual]), usual))
        for n, (amount, weight) in enumerate(zip(spend, weights, strict=True))
    ]


def _levels(spend: Sequence[Decimal], weights: Sequence[Decimal], decay: Decimal) -> list[Decimal]:
    """Return the level as each day leaves it: weighted spend over weighted weekday factors."""
    total = size = ZERO
    levels: list[Decimal] = []
    for amount, weight in zip(spend, weights, strict=True):
        total = total * decay + amount
        size = size * decay + weight
        levels.append(total / size)
    return levels


def _age(weights: Sequence[Decimal], decay: Decimal) -> Decimal:
    """Return how many days old the level is on average."""
    ages = [decay**age * weight for age, weight in enumerate(reversed(weights))]
    return _total(age * part for age, part in enumerate(ages)) / _total(ages)


def _errors(
    spend: Sequence[Decimal], weights: Sequence[Decimal], levels: Sequence[Decimal], days: int
) -> list[Decimal]:
    """Return by how much of itself each forecast of the next `days` days was wrong, from week to week on."""
    errors = []
    for begin in range(WEEK, len(spend) - days + 1):
        foretold = levels[begin - 1] * _total(weights[begin : begin + days])
        actual = _total(spend[begin : begin + days])
        if foretold > 0:
            errors.append(min(actual / foretold - 1, _MAX_ERROR))
    return errors


def _loss(spend: Sequence[Decimal], weights: Sequence[Decimal], levels: Sequence[Decimal]) -> Decimal:
    errors = _errors(spend, weights, levels, WEEK)
    return _total(map(abs, errors)) / len(errors) if errors else ZERO


def _variances(
    spend: Sequence[Decimal], weights: Sequence[Decimal], levels: Sequence[Decimal]
) -> tuple[Decimal, Decimal]:
    """Return how days stray by themselves, and how weeks stray beyond what their days explain."""
    daily = _errors(spend, weights, levels, 1)
    weekly = _errors(spend, weights, levels, WEEK)
    of_days = _variance(daily, _DAY_VARIANCE, Decimal(len(daily)))
    # Weeks that begin on neighbouring days tell nearly the same.
    of_weeks = _variance(weekly, _WEEK_VARIANCE + of_days / WEEK, Decimal(len(weekly)) / WEEK)
    return of_days, max(of_weeks - of_days / WEEK, _WEEK_VARIANCE / 4)


def _variance(errors: Sequence[Decimal], prior: Decimal, worth: Decimal) -> Decimal:
    own = _total(error * error for error in errors) / len(errors) if errors else prior
    return (own * worth + prior * _PRIOR_WEIGHT) / (worth + _PRIOR_WEIGHT)


def _growth(spend: Sequence[Decimal], weights: Sequence[Decimal], week_variance: Decimal) -> Decimal:
    """Return by how much spend grows a week, as far as that stands out; 0 before four weeks."""
    weeks = len(spend) // WEEK
    if weeks < _TREND_WEEKS:
        return ZERO
    half = weeks // 2
    newer = slice(len(spend) - half * WEEK, len(spend))
    older = slice(len(spend) - 2 * half * WEEK, len(spend) - half * WEEK)
    before, after = (_total(spend[part]) / _total(weights[part]) for part in (older, newer))
    if before <= 0 or after <= 0:
        return ZERO
    growth = (after / before).ln() / half
    noise = 2 * week_variance / half / (half * half)
    kept = max(ONE - noise / (growth * growth), ZERO) if growth else ZERO
    return max(min(growth * kept, _MAX_TREND), -_MAX_TREND)
