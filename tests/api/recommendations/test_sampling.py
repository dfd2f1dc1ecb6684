"""Advice for more calls than are read one by one: those that are read come from all over the days."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from histories import Call, days_ago, of_kind, report, saving, set_price, spaced
from hypothesis import given
from hypothesis import strategies as st
from llmlab_api.recommendations.sampling import SLOT, place_probes
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
    whole = (end - EDGE) * share
    assert len(probes) * length <= max(whole, SLOT)
    assert whole - len(probes) * length < max(length, 2 * SLOT)


@pytest.mark.parametrize("share", [n / 8640 for n in (24, 29, 30, 31, 37, 60, 61, 144, 432, 2880)])
def test_probes_come_at_all_hours_of_the_day_and_days_of_the_week(share: float) -> None:
    at = [begins for begins, ends in place_probes(EDGE, EDGE + 30 * DAY, share)]
    assert {begins.weekday() for begins in at} == set(range(7))
    hours = {begins.hour // 3 for begins in at}
    assert hours == set(range(8)), "a job at one of the other hours would never be seen"


async def test_what_runs_by_night_is_seen_among_many_calls_by_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """28 nights with 100 calls in 20 minutes, and 300 calls each day that name a user.

    The newest 700 of the 11,200 calls are of two days, and 3 are wanted. Of all of the time a sixteenth is
    read, in which few of the nights lie. These cost 0.01 a call, as batches half: 28 × 100 × 0.005 = 14.
    """
    monkeypatch.setattr("llmlab_api.recommendations.sampling.MOST_EVENTS", 700)
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch")
    calls: list[Call] = []
    for day in range(1, 29):
        calls += spaced(100, 12, days_ago(day, hour=2), "m", 1000, feature="digests")
        calls += spaced(300, 190, days_ago(day, hour=6), "chatty", 1000, feature="chat", user="u")
    await world.store(*calls)
    (found,) = await of_kind(world, "use_batch")
    assert saving(found) == ("14", "14", "14")
    assert (found["evidence"]["calls"], found["evidence"]["feature"]) == (2800, "digests")
    assert 1 <= found["sample"]["days"] < 10
    basis = (await report(world))["based_on"]
    assert basis["sampled"] is True
    assert 350 < basis["events_read"] < 1400


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
