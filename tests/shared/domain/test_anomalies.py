"""Days that stand out are found, usual ones are not, and the parts of a difference add up to it."""

import random
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from llmlab_shared.domain.anomalies import Anomaly, judge
from llmlab_shared.domain.causes import Cause, Use, explain
from spend_histories import FIRST, History, histories

DAY = date(2025, 6, 18)
LARGE = Decimal(500)


def each_day(days: int, amount: str, weekend: str | None = None) -> History:
    history = {}
    for age in range(days, 0, -1):
        day = DAY - timedelta(days=age)
        history[day] = Decimal(weekend if weekend and day.weekday() >= 5 else amount)
    return history


def judged(history: History, spend: str, day: date = DAY, minimum: str = "10") -> Anomaly | None:
    return judge(history, day, Decimal(spend), workspace_usual=LARGE, minimum=Decimal(minimum))


def test_far_above_what_is_usual_stands_out() -> None:
    found = judged(each_day(56, "40"), "120")
    assert found is not None
    assert (found.expected, found.spend) == (40, 120)
    assert found.low < 40 < found.high < 120
    assert judged(each_day(56, "40"), "55") is None


def test_below_the_minimum_nothing_does() -> None:
    assert judged(each_day(56, "1"), "9.99") is None
    assert judged(each_day(56, "1"), "12") is not None
    assert judged(each_day(56, "1"), "12", minimum="25") is None
    # And what is little beside the workspace is nobody's concern: 2 % of its usual day.
    assert judge(each_day(56, "1"), DAY, Decimal(12), workspace_usual=Decimal(1000)) is None


def test_a_monday_is_compared_with_mondays() -> None:
    history = each_day(56, "80", weekend="8")
    saturday = DAY + timedelta(days=3)
    for age in range(4):
        history[DAY + timedelta(days=age)] = Decimal(80)
    assert judged(history, "80", day=DAY) is None
    found = judged(history, "80", day=saturday)
    assert found is not None
    assert found.expected < 12


def test_a_new_level_is_told_once() -> None:
    history = each_day(56, "40")
    told = []
    for age in range(20):
        day = DAY + timedelta(days=age)
        if judged(history, "130", day=day):
            told.append(age)
        history[day] = Decimal(130)
    # Once when it comes, and at most once more before it is what is usual.
    assert told[0] == 0
    assert len(told) <= 2


def test_an_earlier_spike_hides_nothing() -> None:
    history = each_day(56, "40")
    history[DAY - timedelta(days=20)] = Decimal(5000)
    assert judged(history, "200") is not None


def test_what_is_new_stands_out_by_its_part_of_the_workspace() -> None:
    assert judged({}, "124") is None
    found = judged({}, "125")
    assert found is not None
    assert (found.expected, found.high) == (0, 125)
    # The day after it is no news, unless there is twice as much.
    launched = {DAY - timedelta(days=1): Decimal(125)}
    assert judged(launched, "200") is None
    assert judged(launched, "251") is not None


def test_days_that_are_not_known_are_no_days_without_spend() -> None:
    history = each_day(56, "40")
    hidden = {DAY - timedelta(days=age) for age in range(1, 29)}
    seen = {day: amount for day, amount in history.items() if day not in hidden}
    assert judge(seen, DAY, Decimal(45), workspace_usual=LARGE, unknown=hidden) is None
    # As days without spend they would make it stand out.
    assert judge(seen, DAY, Decimal(45), workspace_usual=Decimal(40)) is not None


# By kind: most false alarms of a thousand days, and least of a hundred days at four times the spend found.
RATES = {"flat": (5, 80), "weekdays": (4, 60), "growth": (12, 60), "batches": (12, 25), "wander": (6, 15)}


@pytest.mark.parametrize("kind", RATES)
def test_false_alarms_are_rare_and_jumps_are_found(kind: str) -> None:
    """`make bench ARGS=forecasts` has the figures of many more histories (docs/forecasts.md)."""
    most_false, least_found = RATES[kind]
    false = found = tried = 0
    for history, n in product(histories(kind, 5, 300), range(60, 300, 8)):
        day = FIRST + timedelta(days=n)
        false += judge(history, day, history[day], workspace_usual=LARGE) is not None
        if history[day] > 10:
            tried += 1
            found += judge(history, day, history[day] * 4, workspace_usual=LARGE) is not None
    assert false <= 150 * most_false / 1000 + 1
    assert found >= tried * least_found / 100


uses = st.builds(
    Use,
    st.decimals(min_value=0, max_value=10**9, places=12),
    st.integers(0, 10**9).map(Decimal),
    st.integers(0, 10**15).map(Decimal),
)
sides = st.dictionaries(st.sampled_from([("openai", "a"), ("openai", "b"), ("google", "c")]), uses)


@example(
    before={("openai", "a"): Use(Decimal("1000000000.000000000001"), Decimal(1), Decimal(1))},
    now={("openai", "a"): Use(Decimal(3), Decimal(7), Decimal(10**12))},
)
@given(before=sides, now=sides)
def test_the_parts_add_up_to_the_difference_exactly(
    before: dict[tuple[str, str], Use], now: dict[tuple[str, str], Use]
) -> None:
    cause = explain(before, now)
    spend = [sum((use.spend for use in side.values()), Decimal(0)) for side in (before, now)]
    assert cause.difference == spend[1] - spend[0]
    # A token more or less is a large part of few: parts may be far larger than what they add up to.
    with localcontext(prec=80):
        assert sum(map(Decimal, cause.to_wire().values()), Decimal(0)) == cause.difference


@pytest.mark.parametrize(
    ("now", "cause"),
    [
        (Use(Decimal(20), Decimal(20), Decimal(2000)), Cause(calls=Decimal(10))),
        (Use(Decimal(30), Decimal(10), Decimal(3000)), Cause(tokens_per_call=Decimal(20))),
        (Use(Decimal(15), Decimal(10), Decimal(1000)), Cause(price=Decimal(5))),
        (Use(), Cause(calls=Decimal(-10))),
        (
            Use(Decimal(60), Decimal(20), Decimal(4000)),
            Cause(calls=Decimal(10), tokens_per_call=Decimal(20), price=Decimal(20)),
        ),
    ],
)
def test_each_cause_by_itself(now: Use, cause: Cause) -> None:
    before = Use(Decimal(10), Decimal(10), Decimal(1000))
    model = ("openai", "gpt-4o")
    assert explain({model: before}, {model: now}) == cause
    assert explain({}, {model: now}) == Cause(new_model=now.spend)


def test_a_part_of_much_is_taken_to_the_last_digit() -> None:
    use = Use(Decimal("123456789012345678.123456789012"), Decimal(10**12), Decimal(10**18))
    assert use.times(Decimal("0.5")).spend == Decimal("61728394506172839.061728394506")


def test_spend_is_explained_the_same_every_time() -> None:
    chance = random.Random(1)
    before = {("p", str(n)): Use(Decimal(chance.randrange(1000)), Decimal(3), Decimal(77)) for n in range(9)}
    now = {("p", str(n)): Use(Decimal(chance.randrange(1000)), Decimal(7), Decimal(78)) for n in range(5, 14)}
    shuffled = dict(sorted(now.items(), key=lambda _: chance.random()))
    assert explain(before, now) == explain(before, shuffled)
