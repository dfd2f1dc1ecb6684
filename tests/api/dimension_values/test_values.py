"""`GET /api/costs/values`: what a filter may be set to, dearest first."""

from datetime import timedelta
from typing import Any

import pytest
from ledger import event
from llmlab_shared import clock
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.pipeline.folds import Place
from world import World


async def values(world: World, **asked: Any) -> list[tuple[str, str, int]]:
    response = await world.get("/api/costs/values", **asked)
    assert response.status_code == 200, response.text
    return [(each["value"], each["spend"], each["events"]) for each in response.json()["values"]]


async def test_the_dearest_come_first_of_every_dimension(world: World) -> None:
    await world.zone("Europe/Berlin", "tier")
    now = clock.now()
    await world.store(
        event(feature="Search", customer="Ünal", tags={"tier": "pro"}, timestamp=now.isoformat()),
        event(feature="Search", tags={"tier": "free"}, timestamp=(now - timedelta(days=2)).isoformat()),
        event(feature="research", model="no-price", timestamp=now.isoformat()),
        event(status="error", input_tokens=None, output_tokens=None, timestamp=now.isoformat()),
        event(feature="old", timestamp=(now - timedelta(days=60)).isoformat()),
    )
    assert await values(world, dimension="feature") == [
        ("Search", "0.12", 2),
        ("", "0", 1),
        ("research", "0", 1),
    ]
    assert await values(world, dimension="feature", q="SEAR") == [("Search", "0.12", 2), ("research", "0", 1)]
    assert await values(world, dimension="feature", q="res", limit=1) == [("research", "0", 1)]
    assert await values(world, dimension="feature", q="%") == []
    assert await values(world, dimension="customer", q="üN") == [("Ünal", "0.06", 1)]
    assert await values(world, dimension="model") == [("gpt-4", "0.12", 3), ("no-price", "0", 1)]
    assert await values(world, dimension="api_key") == [("7", "0.12", 4)]
    # From the events, as no rollup keeps it.
    assert await values(world, dimension="status") == [("ok", "0.12", 3), ("error", "0", 1)]
    assert await values(world, dimension="tag.tier", q="r") == [("free", "0.06", 1), ("pro", "0.06", 1)]
    assert await values(world, dimension="tag.undeclared") == [("", "0.12", 4)]


async def test_it_adds_up_whole_days_of_the_workspace(world: World) -> None:
    await world.zone("America/Bogota")
    day = (clock.now() - timedelta(days=3)).date()
    await world.store(
        event(feature="late", timestamp=f"{day}T23:30:00-05:00"),
        event(feature="early", timestamp=f"{day}T00:30:00-05:00"),
        event(feature="before", timestamp=f"{day - timedelta(days=1)}T23:30:00-05:00"),
    )
    asked = {"from": f"{day}T10:07:00-05:00", "to": f"{day}T11:00:00-05:00"}
    response = await world.get("/api/costs/values", dimension="feature", **asked)
    answer = response.json()
    assert sorted(each["value"] for each in answer["values"]) == ["early", "late"]
    assert (answer["from"][:16], answer["to"][:10]) == (f"{day}T00:00", f"{day + timedelta(days=1)}")
    assert answer["tz"] == "America/Bogota"


async def test_others_of_a_folded_day_are_one_value(world: World) -> None:
    day = (clock.now() - timedelta(days=3)).replace(hour=12)
    await world.store(
        *(event(customer=f"c{n}", timestamp=day.isoformat()) for n in range(4)),
        event(customer="dear", input_tokens=9000, timestamp=day.isoformat()),
    )
    place = Place(world.account.workspace_id, day.date(), "customer")
    # Not moved yet: what a kept value is not is told as the others' all the same.
    assert await mark(world.ledger.pool, [place], 2) == 1
    expected = [("dear", "0.3", 1), ("(other)", "0.18", 3), ("c0", "0.06", 1)]
    assert await values(world, dimension="customer") == expected
    await complete(world.ledger.pool, place)
    assert await values(world, dimension="customer") == expected


async def test_nothing_is_there(world: World) -> None:
    assert await values(world, dimension="tag.none") == []
    assert await values(world, dimension="feature", q="x") == []


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({}, "missing_field", "dimension"),
        ({"dimension": "day"}, "bad_group_by", "dimension"),
        ({"dimension": "feature,team"}, "bad_group_by", "dimension"),
        ({"dimension": "featur"}, "bad_group_by", "group_by"),
        ({"dimension": "feature", "limit": "0"}, "bad_limit", "limit"),
        ({"dimension": "feature", "q": "\0"}, "nul_byte", "q"),
        ({"dimension": "feature", "q": "x" * 257}, "too_long", "q"),
        ({"dimension": "feature", "feature": "x"}, "unknown_filter", "feature"),
        ({"dimension": "feature", "from": "yesterday"}, "bad_timestamp", "from, to"),
    ],
)
async def test_what_makes_no_sense_is_named(
    world: World, asked: dict[str, str], code: str, field: str
) -> None:
    response = await world.get("/api/costs/values", **asked)
    assert response.status_code == 422
    problem = response.json()
    assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
