"""Advice for more calls than are read one by one: those that are read come from all over the days."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from histories import Call, call, days_ago, report, set_price, spaced
from hypothesis import given
from hypothesis import strategies as st
from llmlab_api.recommendations.sampling import PROBES, SLOT, place_probes
from world import World

DAY = timedelta(days=1)
# A midnight of Kathmandu's, whose offset is no whole hour.
EDGE = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)


@given(days=st.integers(1, 60), share=st.floats(1e-7, 1))
def test_probes_are_apart_alike_and_cover_their_share(days: int, share: float) -> None:
    end = EDGE + days * DAY
    probes = place_probes(EDGE, end, share)
    assert probes == sorted(probes, reverse=True)
    assert all(later[0] >= earlier[1] for later, earlier in pairwise(probes))
    assert probes[-1][0] >= EDGE
    assert probes[0][1] <= end
    (length,) = {ends - begins for begins, ends in probes}
    assert length % SLOT == timedelta()
    assert {begins.timestamp() % SLOT.total_seconds() for begins, _ in probes} == {0}
    assert abs(len(probes) * length - (end - EDGE) * share) <= 8 * length
    assert len(probes) <= 2 * PROBES + 8


@pytest.mark.parametrize("share", [n / 8640 for n in (24, 29, 30, 31, 37, 60, 61, 144, 432, 648, 2880)])
def test_each_hour_has_its_share_of_the_days_and_each_day_of_its_hours(share: float) -> None:
    days = 30
    probes = place_probes(EDGE, EDGE + days * DAY, share)
    length = probes[0][1] - probes[0][0]
    by_hour = Counter((begins - EDGE) % DAY for begins, _ in probes)
    by_day = Counter((begins - EDGE) // DAY for begins, _ in probes)
    for place in range(DAY // length):
        assert abs(by_hour[place * length] - share * days) <= 2
    for day in range(days):
        assert abs(by_day[day] - share * (DAY / length)) <= 3


async def test_advice_on_a_part_is_that_on_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """28 days of a job that runs for 20 minutes each night, and of sessions and reviews by day.

    The job costs 0.01 a call, as batches half: 28 × 100 × 0.005 = 14. The newest 1,000 of the 11,480 calls
    are of two days and a half, too few for advice that wants three.
    """
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch")
    await set_price(world, "chatty", {"input": "10", "cache_read": "1", "output": "0"})
    calls: list[Call] = []
    for day in range(1, 29):
        calls += spaced(100, 12, days_ago(day, hour=2), "m", 1000, feature="digests")
        for number in range(25):
            at = days_ago(day, hour=8) + number * timedelta(minutes=23)
            session = {"feature": "chat", "user": "u", "session_id": f"{day}-{number}"}
            calls += [
                call(at + n * timedelta(seconds=25), "chatty", 2000 + 400 * n, **session) for n in range(12)
            ]
    for number in range(280):
        at = days_ago(1 + number // 10, hour=9) + number % 10 * timedelta(minutes=40)
        calls.append(call(at, "gpt-4", 3000, provider="openai", feature="review"))
    await world.store(*calls)
    whole = await _likely(world, sampled=False)
    assert whole["use_batch", "Send m in digests as batches"] == 14
    monkeypatch.setattr("llmlab_api.recommendations.sampling.MOST_EVENTS", 1000)
    part = await _likely(world, sampled=True)
    assert part.keys() == whole.keys()
    for advice, saved in part.items():
        assert abs(saved - whole[advice]) <= whole[advice] / 10, advice


async def _likely(world: World, *, sampled: bool) -> dict[tuple[str, str], Decimal]:
    """Return what each advice is likely to save."""
    world.app.state.services.advice.forget(world.account.workspace_id)
    answer = await report(world)
    assert answer["based_on"]["sampled"] is sampled
    return {(one["kind"], one["title"]): Decimal(one["saving_month"]) for one in answer["recommendations"]}


async def test_of_many_calls_those_read_show_how_all_were_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 calls of one afternoon, of which some 60 are read: they are scaled to what was spent in all."""
    monkeypatch.setattr("llmlab_api.recommendations.sampling.MOST_EVENTS", 60)
    await world.store(*spaced(200, 60, days_ago(3), "gpt-4", 2000, 500, provider="openai"))
    await _scaled(world, 200, range(30, 121))


@pytest.mark.parametrize(("probed", "read"), [(True, 120), (False, 60)], ids=["in a probe", "beside them"])
async def test_calls_of_a_few_minutes_are_read_up_to_a_bound(
    world: World, monkeypatch: pytest.MonkeyPatch, *, probed: bool, read: int
) -> None:
    """200 calls in 200 seconds lie in a probe, which ends at twice as many, or in none: then the newest."""
    monkeypatch.setattr("llmlab_api.recommendations.sampling.MOST_EVENTS", 60)
    monkeypatch.setattr("llmlab_api.recommendations.sampling.MOST_IN_BURSTS", 120)
    day = days_ago(3, hour=0)
    inside = {begins for begins, _ in place_probes(day, day + DAY, 60 / 200)}
    slots = [day + n * SLOT for n in range(DAY // SLOT)]
    at = next(slot for slot in slots if (slot in inside) == probed)
    await world.store(*spaced(200, 1, at, "gpt-4", 2000, 500, provider="openai"))
    await _scaled(world, 200, range(read, read + 1))


async def _scaled(world: World, calls: int, read: range) -> None:
    answer: dict[str, Any] = await report(world)
    assert answer["based_on"]["events_read"] in read
    assert answer["based_on"]["sampled"] is True
    switch = next(one for one in answer["recommendations"] if one["kind"] == "switch_model")
    # Each at 0.01 in place of 0.09.
    assert (switch["saving_month"], switch["evidence"]["calls"]) == (f"{calls * 8 // 100}", calls)
