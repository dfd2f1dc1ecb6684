"""Daily spend as teams have it, made up by chance with known laws, to try forecasts and anomalies on."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

FIRST = date(2025, 1, 1)
History = dict[date, Decimal]
_CENT = Decimal("0.01")


def _series(days: int, of_day: Callable[[int, date], float]) -> History:
    return {
        day: Decimal(max(of_day(n, day), 0.0)).quantize(_CENT)
        for n in range(days)
        for day in [FIRST + timedelta(days=n)]
    }


def _workday(day: date, weekend: float = 0.25) -> float:
    return weekend if day.weekday() >= 5 else 1.0


def flat(chance: random.Random, days: int) -> History:
    return _series(days, lambda n, day: 40 * chance.lognormvariate(0, 0.25))


def weekdays(chance: random.Random, days: int) -> History:
    return _series(days, lambda n, day: 40 * _workday(day) * chance.lognormvariate(0, 0.3))


def growth(chance: random.Random, days: int) -> History:
    return _series(days, lambda n, day: 20 * 1.01**n * _workday(day) * chance.lognormvariate(0, 0.3))


def decline(chance: random.Random, days: int) -> History:
    return _series(days, lambda n, day: 200 * 0.99**n * _workday(day) * chance.lognormvariate(0, 0.3))


def spikes(chance: random.Random, days: int) -> History:
    """One day in thirty costs eight times as much."""

    def of_day(_: int, day: date) -> float:
        spike = 8 if chance.random() < 1 / 30 else 1
        return 40 * _workday(day) * spike * chance.lognormvariate(0, 0.3)

    return _series(days, of_day)


def started(chance: random.Random, days: int) -> History:
    """Nothing, then a launch that grows for three weeks and stays."""
    launch = chance.randrange(5, 40)

    def of_day(n: int, day: date) -> float:
        age = n - launch
        if age < 0:
            return 0
        return 15 * 1.06 ** min(age, 21) * _workday(day) * chance.lognormvariate(0, 0.3)

    return _series(days, of_day)


def steps(chance: random.Random, days: int) -> History:
    """Every two months or so the level changes at once, to between half and twice as much."""
    level = 40.0

    def of_day(_: int, day: date) -> float:
        nonlocal level
        if chance.random() < 1 / 60:
            level = min(max(level * 2 ** chance.uniform(-1, 1), 5), 500)
        return level * _workday(day) * chance.lognormvariate(0, 0.3)

    return _series(days, of_day)


def wander(chance: random.Random, days: int) -> History:
    """The level wanders by some percent a day, and days differ a lot."""
    level = 1.0

    def of_day(_: int, day: date) -> float:
        nonlocal level
        level *= chance.lognormvariate(0, 0.05)
        level += (1 - level) * 0.02
        return 40 * level * _workday(day, 0.5) * chance.lognormvariate(0, 0.5)

    return _series(days, of_day)


def batches(chance: random.Random, days: int) -> History:
    """Jobs on three days of the week, little else."""
    return _series(
        days,
        lambda n, day: (90 if day.weekday() in (0, 2, 4) else 1.5) * chance.lognormvariate(0, 0.35),
    )


def holidays(chance: random.Random, days: int) -> History:
    """Now and then a week in which hardly anybody works."""
    quiet = {FIRST + timedelta(days=begin + n) for begin in range(50, days, 90) for n in range(7)}
    return _series(
        days,
        lambda n, day: 40 * _workday(day) * (0.2 if day in quiet else 1) * chance.lognormvariate(0, 0.3),
    )


def stopped(chance: random.Random, days: int) -> History:
    """Ends for good somewhere in the second half."""
    end = chance.randrange(days // 2, days)
    return _series(days, lambda n, day: 40 * _workday(day) * chance.lognormvariate(0, 0.3) if n < end else 0)


KINDS: dict[str, Callable[[random.Random, int], History]] = {
    make.__name__: make
    for make in (flat, weekdays, growth, decline, spikes, started, steps, wander, batches, holidays, stopped)
}


def histories(kind: str, number: int, days: int = 400) -> Iterator[History]:
    """Yield so many histories of a kind, the same ones every time."""
    for seed in range(number):
        yield KINDS[kind](random.Random(f"{kind} {seed}"), days)
