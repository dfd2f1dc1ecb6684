"""Forecasts of periods that are over, made as of a day within them, beside what became of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from llmlab_shared.domain.budgets import Period, period_end, period_start
from llmlab_shared.domain.forecast import Forecast, forecast
from spend_histories import FIRST, History, histories

# At this time of the day (share of it) forecasts are asked for.
ELAPSED = Decimal("0.5")


@dataclass(frozen=True)
class Trial:
    """A forecast (None: refused), what really was spent, and what a straight line said."""

    made: Forecast | None
    actual: Decimal
    straight: Decimal

    @property
    def held(self) -> bool:
        assert self.made is not None
        return self.made.low <= self.actual <= self.made.high


@dataclass(frozen=True)
class Score:
    """What became of many trials; errors are parts of what was really spent."""

    trials: int
    refused: int
    coverage: float
    error: float
    straight_error: float
    width: float


def trials(history: History, period: Period, every: int = 1) -> Iterator[Trial]:
    """Yield a forecast as of every so many days of a history."""
    final = max(history)
    today = FIRST + timedelta(days=14)
    while period_end(period_start(today, period), period) <= final:
        yield trial(history, period, today)
        today += timedelta(days=every)


def trial(history: History, period: Period, today: date) -> Trial:
    """Return the forecast as of noon of a day, of a history that goes on after it."""
    start = period_start(today, period)
    end = period_end(start, period)
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    before = sum((history[day] for day in days if day < today and day in history), Decimal(0))
    spent = before + history[today] * ELAPSED
    actual = sum((history.get(day, Decimal(0)) for day in days), Decimal(0))
    seen = {day: amount for day, amount in history.items() if day < today}
    made = forecast(seen, spent, start, end, today, amount=None, elapsed=ELAPSED)
    straight = spent / ((today - start).days + ELAPSED) * len(days)
    return Trial(made if isinstance(made, Forecast) else None, actual, straight)


def score(made: Iterable[Trial]) -> Score:
    """Add up what became of trials in which something was spent."""
    counted = [one for one in made if one.actual > 0]
    told = [one for one in counted if one.made is not None]
    errors = [abs(one.made.likely / one.actual - 1) for one in told if one.made]
    straight = [abs(one.straight / one.actual - 1) for one in told]
    widths = [(one.made.high - one.made.low) / one.actual for one in told if one.made]
    number = max(len(told), 1)
    return Score(
        len(told),
        len(counted) - len(told),
        sum(one.held for one in told) / number,
        float(sum(errors) / number),
        float(sum(straight) / number),
        float(sum(widths) / number),
    )


def score_kind(kind: str, period: Period, number: int, every: int) -> Score:
    """Return the score of many histories of a kind."""
    return score(one for history in histories(kind, number) for one in trials(history, period, every))
