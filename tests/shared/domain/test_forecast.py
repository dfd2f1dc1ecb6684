"""Forecasts: right on made histories, refused on too little, and as often within their range as they say."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from forecast_trials import Score, score_kind, trial
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab_shared.domain.budgets import period_end, period_start
from llmlab_shared.domain.forecast import Forecast, TooLittle, forecast
from spend_histories import FIRST, KINDS, History, histories

TODAY = date(2025, 6, 18)
START, END = date(2025, 6, 1), date(2025, 7, 1)
NOTHING = Decimal(0)


def made(history: History, spent: str | None = None, **changes: Any) -> Forecast | TooLittle:
    before = sum((amount for day, amount in history.items() if START <= day < TODAY), NOTHING)
    asked = {"amount": None, "elapsed": NOTHING, **changes}
    return forecast(history, before if spent is None else Decimal(spent), START, END, TODAY, **asked)


def each_day(days: int, amount: str, *weekend: str) -> History:
    history = {}
    for age in range(days, 0, -1):
        day = TODAY - timedelta(days=age)
        history[day] = Decimal(weekend[0] if weekend and day.weekday() >= 5 else amount)
    return history


def test_what_never_changes_goes_on() -> None:
    found = made(each_day(56, "10"), amount=Decimal(250))
    assert isinstance(found, Forecast)
    # 17 days are over, 13 are to come, today among them.
    assert found.likely == 300
    assert found.low < 300 < found.high
    assert found.expected_on == date(2025, 6, 25)
    assert found.first is not None
    assert found.last is not None
    assert found.first <= found.expected_on <= found.last
    assert [day.day.day for day in found.days] == [*range(18, 31)]


def test_weekends_are_known() -> None:
    history = each_day(56, "70", "7")
    found = made(history)
    assert isinstance(found, Forecast)
    whole = sum((Decimal(7 if (START + timedelta(n)).weekday() >= 5 else 70) for n in range(30)), NOTHING)
    assert abs(found.likely / whole - 1) < Decimal("0.02")
    thursday, friday, saturday = (found.days[n].likely - found.days[n - 1].likely for n in (1, 2, 3))
    assert saturday < (thursday + friday) / 10


def test_a_spike_does_not_become_the_course() -> None:
    history = each_day(56, "10")
    history[TODAY - timedelta(days=3)] = Decimal(1000)
    found = made(history)
    assert isinstance(found, Forecast)
    # What it cost is spent; what is to come hardly knows of it.
    assert 1290 < found.likely < 1305


def test_today_is_trusted_the_more_of_it_is_over() -> None:
    usual = each_day(56, "10")
    late = forecast(
        usual, Decimal(50), TODAY, TODAY + timedelta(1), TODAY, amount=None, elapsed=Decimal("0.9")
    )
    early = forecast(
        usual, Decimal(5), TODAY, TODAY + timedelta(1), TODAY, amount=None, elapsed=Decimal("0.05")
    )
    assert isinstance(late, Forecast)
    assert isinstance(early, Forecast)
    assert 53 < late.likely < 56
    assert early.likely == Decimal("14.5")


@pytest.mark.parametrize(
    ("history", "code", "said"),
    [
        ({}, "no_spend", "nothing was spent in the 8 weeks before today"),
        ({TODAY - timedelta(days=57): Decimal(5)}, "no_spend", "nothing was spent"),
        (each_day(1, "10"), "short_history", "spend began 1 day ago; 14 days of history are needed"),
        (each_day(13, "10"), "short_history", "spend began 13 days ago; 14 days"),
        (
            {day: amount for day, amount in each_day(56, "10").items() if (TODAY - day).days > 14},
            "no_recent_spend",
            "nothing was spent in the 14 days before today",
        ),
        (
            {day: amount for day, amount in each_day(56, "10").items() if day.weekday() == 0},
            "gaps",
            "only 4 of the last 28 days had spend; at least 7 are needed",
        ),
    ],
)
def test_too_little_is_refused_and_says_what_is_missing(history: History, code: str, said: str) -> None:
    found = made(history)
    assert isinstance(found, TooLittle)
    assert found.code == code
    assert said in found.reason


def test_far_ahead_needs_more_history() -> None:
    def year_of(days: int) -> Forecast | TooLittle:
        start, end = date(2025, 1, 1), date(2026, 1, 1)
        return forecast(each_day(days, "10"), Decimal(900), start, end, TODAY, amount=None, elapsed=NOTHING)

    refused = year_of(50)
    assert isinstance(refused, TooLittle)
    assert "56 days of history are needed to tell 197 ahead" in refused.reason
    assert isinstance(year_of(56), Forecast)


amounts = st.decimals(min_value=0, max_value=10**6, places=2)


@settings(max_examples=60)
@given(
    spend=st.lists(amounts, min_size=1, max_size=70),
    extra=amounts,
    amount=amounts,
    elapsed=st.decimals(min_value=0, max_value=1, places=2),
    period=st.sampled_from(["day", "week", "month", "quarter", "year"]),
)
def test_whatever_was_spent_paths_rise_and_enclose(
    spend: list[Decimal], extra: Decimal, amount: Decimal, elapsed: Decimal, period: Any
) -> None:
    history = {TODAY - timedelta(days=age): cost for age, cost in enumerate(spend, 1)}
    start = period_start(TODAY, period)
    end = period_end(start, period)
    spent = sum((cost for day, cost in history.items() if day >= start), extra)
    found = forecast(history, spent, start, end, TODAY, amount=amount, elapsed=elapsed)
    if isinstance(found, TooLittle):
        assert found.reason
        return
    assert len(found.days) == (end - TODAY).days
    rounding = max(Decimal("0.01"), spent / 1000)
    assert found.days[0].low >= spent - rounding
    for path in ("low", "likely", "high"):
        figures = [getattr(day, path) for day in found.days]
        assert figures == sorted(figures)
    assert all(day.low <= day.likely <= day.high for day in found.days)
    passed = [found.first, found.expected_on, found.last]
    told = [day for day in passed if day is not None]
    assert told == sorted(told)
    assert (found.expected_on is not None) == (found.likely >= amount)


def together(scores: dict[str, Score], name: str) -> float:
    trials = Counter({kind: score.trials for kind, score in scores.items()})
    return sum(getattr(score, name) * trials[kind] for kind, score in scores.items()) / trials.total()


@pytest.mark.parametrize(("period", "least_gain"), [("month", 0.05), ("week", 0.4)])
def test_ranges_hold_as_often_as_they_say_and_beat_a_straight_line(period: Any, least_gain: float) -> None:
    """`make bench ARGS=forecasts` has the figures of many more histories (docs/forecasts.md)."""
    scores = {kind: score_kind(kind, period, number=3, every=17) for kind in KINDS}
    assert 0.7 <= together(scores, "coverage") <= 0.9
    assert together(scores, "error") < together(scores, "straight_error") * (1 - least_gain)


def test_a_range_that_is_narrower_holds_less_often() -> None:
    """The trials can tell a good range from a bad one: half as wide holds far less often."""
    days = [FIRST + timedelta(days=n) for n in range(70, 350, 17)]
    tried = [trial(history, "month", day) for history in histories("weekdays", 6) for day in days]
    told = [(one.actual, one.made) for one in tried if one.made is not None]

    def share(width: Decimal) -> float:
        held = [abs(actual - found.likely) <= (found.high - found.low) / 2 * width for actual, found in told]
        return sum(held) / len(held)

    assert share(Decimal(1)) - share(Decimal("0.5")) > 0.15
