"""Reading folded days: values add up to the total, and nobody is told a part of a value for the whole."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from ledger import event, v7
from llmlab_shared.db.repositories import costs
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.pipeline.folds import Place
from world import World

DAY = date(2026, 10, 20)
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
SPAN = {"from": "2026-10-19", "to": "2026-10-24"}


def call(customer: str | None, days: int = 0, **fields: Any) -> dict[str, Any]:
    at = NOON + timedelta(days=days)
    return event(id=str(v7(at)), timestamp=at.isoformat(), customer=customer, **fields)


@pytest.fixture(params=["completed", "unfinished"])
async def folded(world: World, request: pytest.FixtureRequest) -> World:
    """Six customers on two days, of which the first keeps `big` and `mid`."""
    for days in (0, 2):
        await world.store(
            *(call("big", days, feature="chat") for _ in range(4)),
            *(call("mid", days) for _ in range(2)),
            *(call(f"small{n}", days, feature="search") for n in range(3)),
            call("(other)", days),
            call(None, days),
        )
    place = Place(world.account.workspace_id, DAY, "customer")
    assert await mark(world.ledger.pool, [place], 2) == 1
    # Both come after the fold, one of them from another key.
    await world.store(call("big"), call("small1"), call("new", model="unheard-of"))
    if request.param == "completed":
        await complete(world.ledger.pool, place)
    return world


async def groups(world: World, by: str, **asked: Any) -> dict[Any, int]:
    answer = await world.summary(**SPAN, **asked, group_by=by)
    assert sum(group["events"] for group in answer["groups"]) == answer["counts"]["events"]
    found = [tuple(group["keys"].values()) for group in answer["groups"]]
    assert len(set(found)) == len(found)
    return dict(zip(found, (group["events"] for group in answer["groups"]), strict=True))


async def test_values_add_up_to_the_total(folded: World) -> None:
    whole = {("big",): 9, ("mid",): 4, ("",): 2, ("(other)",): 7}
    rest = {("small0",): 1, ("small1",): 1, ("small2",): 1}
    assert await groups(folded, "customer") == {**whole, **rest}
    days = await groups(folded, "customer,day")
    assert {keys: count for keys, count in days.items() if keys[1] == "2026-10-20"} == {
        ("big", "2026-10-20"): 5,
        ("mid", "2026-10-20"): 2,
        ("", "2026-10-20"): 1,
        ("(other)", "2026-10-20"): 6,
    }
    assert await groups(folded, "customer", model="unheard-of") == {("(other)",): 1}
    answer = await folded.summary(**SPAN, group_by="customer")
    assert answer["total_spend"] == "1.44"
    assert {g["keys"]["customer"]: g["spend"] for g in answer["groups"]}["(other)"] == "0.36"


async def test_a_kept_value_absence_and_other_can_be_filtered_by(folded: World) -> None:
    for asked, events in (
        ("big", 9),
        (["big", "mid"], 13),
        ("", 2),
        ("(other)", 7),
        (["(other)", ""], 9),
        # What small0 spent on the folded day is part of `(other)`.
        (["(other)", "small0"], 8),
    ):
        answer = await folded.summary(**SPAN, customer=asked)
        assert answer["counts"]["events"] == events, asked
        # Answered by tier 2, which knows no classes of tokens.
        assert answer["tokens"]["cache_read"] is None


async def test_a_value_that_is_not_kept_is_counted_from_the_events(folded: World) -> None:
    for asked, events in (("small1", 3), (["small0", "big"], 11), ("new", 1), ("nobody", 0)):
        answer = await folded.summary(**SPAN, customer=asked)
        assert answer["counts"]["events"] == events, asked
        assert answer["tokens"]["cache_read"] == 0
    assert await groups(folded, "customer", customer=["small1", "mid"]) == {("small1",): 3, ("mid",): 4}
    # Where nothing is folded tier 2 answers.
    answer = await folded.summary(**{"from": "2026-10-22", "to": "2026-10-25"}, customer="small1")
    assert answer["tokens"]["cache_read"] is None


async def test_the_events_know_every_value(folded: World) -> None:
    found = await groups(folded, "customer,feature")
    assert found["small0", "search"] == 2
    assert found["(other)", ""] == 2
    assert sum(found.values()) == 25


async def test_other_cannot_be_asked_of_the_events(folded: World) -> None:
    for asked in (
        {"customer": "(other)", "group_by": "feature"},
        {"customer": "(other)", "feature": "search"},
        {"customer": "(other)", "tz": "Asia/Kolkata"},
        {"customer": "(other)", "group_by": "hour"},
    ):
        response = await folded.get("/api/costs/summary", **SPAN, **asked)
        assert (response.status_code, response.json()["code"]) == (422, "value_not_kept"), asked
        assert "customer" in response.json()["detail"]
    # Where nothing is folded it is a value like any other; and a short range has no hours of it, but days.
    answer = await folded.summary(
        **{"from": "2026-10-22", "to": "2026-10-25"}, customer="(other)", feature=""
    )
    assert answer["counts"]["events"] == 1
    answer = await folded.summary(**{"from": "2026-10-20", "to": "2026-10-21"}, customer="(other)")
    assert answer["counts"]["events"] == 6
    assert [bucket["bucket"] for bucket in answer["trends"]] == ["2026-10-20"]


async def test_too_many_events_to_count_is_said(folded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "MAX_SCANNED", 10)
    response = await folded.get("/api/costs/summary", **SPAN, customer="small1")
    assert (response.status_code, response.json()["code"]) == (422, "value_not_kept")
    assert "25 events" in response.json()["detail"]
    assert (await folded.summary(**SPAN, customer=["small1", "(other)"]))["counts"]["events"] == 8


async def test_anothers_fold_hides_nothing(folded: World) -> None:
    stranger = await folded.another()
    await stranger.store(call("small1"), call("(other)"))
    assert await groups(stranger, "customer") == {("small1",): 1, ("(other)",): 1}
    assert (await stranger.summary(**SPAN, customer="small1"))["tokens"]["cache_read"] is None
