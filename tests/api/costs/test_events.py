"""Pages of events, and single ones: what was stored, all of it, in order, once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from ledger import event, v7
from world import World

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(instant: datetime, **fields: Any) -> dict[str, Any]:
    return event(**{"id": str(v7(instant)), "timestamp": instant.isoformat(), **fields})


async def pages(world: World, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        response = await world.get("/api/costs", **parameters, **cursor)
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["costs"]) <= parameters.get("limit", 100)
        found += page["costs"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_pages_hold_every_event_once_newest_first(world: World) -> None:
    # Many share a millisecond, some ids hold no time, and they lie in three months.
    made = [at(NOON - timedelta(days=n // 3)) for n in range(150)]
    made += [
        event(id=str(uuid4()), timestamp=(NOON - timedelta(hours=n // 5)).isoformat()) for n in range(40)
    ]
    await world.store(*made)
    found = await pages(world, limit=7, **{"from": "2026-09-01"})
    assert sorted(one["id"] for one in found) == sorted(one["id"] for one in made)
    order = [datetime.fromisoformat(one["timestamp"]) for one in found]
    assert order == sorted(order, reverse=True)
    assert len(await pages(world, limit=190, **{"from": "2026-09-01"})) == 190


async def test_a_page_beside_new_events_neither_repeats_nor_skips(world: World) -> None:
    made = [at(NOON - timedelta(minutes=n)) for n in range(20)]
    await world.store(*made)
    first = (await world.get("/api/costs", limit=10)).json()
    await world.store(*(at(NOON + timedelta(minutes=n)) for n in range(5)))
    second = (await world.get("/api/costs", limit=10, cursor=first["next_cursor"])).json()
    assert [one["id"] for one in first["costs"] + second["costs"]] == [one["id"] for one in made]
    assert second["next_cursor"] is None


async def test_the_range_is_of_the_events_own_time(world: World) -> None:
    """An id may hold another time than its event: pages are ordered by the one and cut by the other."""
    start, end = NOON, NOON + timedelta(hours=1)
    inside = [at(start), at(end - timedelta(microseconds=1))]
    inside += [event(id=str(v7(start + timedelta(hours=h))), timestamp=start.isoformat()) for h in (-47, 47)]
    outside = [at(start - timedelta(microseconds=1)), at(end)]
    outside += [
        event(id=str(v7(start)), timestamp=(start + timedelta(hours=h)).isoformat()) for h in (-47, 47)
    ]
    await world.store(*inside, *outside)
    found = await pages(world, **{"from": start.isoformat(), "to": end.isoformat()})
    assert {one["id"] for one in found} == {one["id"] for one in inside}


async def test_filters_are_the_summarys(world: World) -> None:
    await world.store(
        at(NOON, feature="search", tags={"tier": "free"}, user="u"),
        at(NOON, feature="chat", tags={"tier": "paid"}),
        at(NOON, model="unheard-of", status="error"),
        event(
            provider="anthropic", model="claude-3-haiku-20240307", timestamp=NOON.isoformat(), id=str(uuid4())
        ),
    )
    for filters, count in (
        ({"feature": ["search", "chat"]}, 2),
        ({"feature": ""}, 2),
        ({"tag.tier": "paid"}, 1),
        ({"user": "u"}, 1),
        ({"status": "error"}, 1),
        ({"price_status": "unpriced"}, 1),
        ({"provider": "OpenAI"}, 3),
        ({"provider": "Anthropic", "model": "gpt-4"}, 0),
        ({"api_key": "7"}, 4),
        ({"api_key": "8"}, 0),
    ):
        assert len(await pages(world, **filters)) == count, filters
        assert (await world.summary(**filters))["counts"]["events"] == count, filters


async def test_one_event_as_it_was_sent_and_priced(world: World) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "prompt_tokens_details": {"cached_tokens": 400}}
    identifier = str(v7(NOON))
    raw = {
        "id": identifier,
        "timestamp": NOON.isoformat(),
        "provider": "openai",
        "model": "gpt-4o",
        "api": "chat",
        "usage": usage,
        "user": "u-1",
        "tags": {"tier": "free"},
        "metadata": {"n": 1, "nested": {"list": [1, 2]}},
        "response_id": "resp_1",
        "reported_cost": "0.00600000",
        "reported_by": "gateway",
    }
    # Numbers that no float holds stay as they were written.
    text = json.dumps(raw).replace('"n": 1', '"n": 1e400, "m": 0.1000000000000000000001')
    await world.store_raw(text.encode())
    response = await world.get(f"/api/costs/{identifier}")
    assert response.status_code == 200
    assert '"n": 1e400, "m": 0.1000000000000000000001' in response.text
    found = json.loads(response.text, parse_float=str)
    # 600 × 2.5 + 400 × 1.25 + 500 × 10, a million each
    assert found["cost"] == found["computed_cost"] == "0.007"
    assert found["reported_cost"] == "0.006"
    assert (found["input_tokens"], found["output_tokens"]) == (1000, 500)
    assert found["tokens"] == {
        "input": 600,
        "cache_read": 400,
        "cache_write_5m": 0,
        "cache_write_1h": 0,
        "input_audio": 0,
        "cache_audio_read": 0,
        "input_image": 0,
        "output": 500,
        "output_audio": 0,
        "output_image": 0,
        "reasoning": 0,
    }
    assert found["usage"] == usage
    assert (found["user"], found["tags"], found["api_key"]) == ("u-1", {"tier": "free"}, 7)
    assert found["timestamp"] == "2026-11-20T12:00:00Z"
    assert found["price_status"] == "priced"
    document = (await world.client.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert found.keys() == schemas["CostEventInFull"]["properties"].keys()
    assert (found["original"], found["adjustments"]) == (None, [])
    (listed,) = await pages(world)
    assert listed.keys() == schemas["CostEvent"]["properties"].keys()


async def test_unknown_costs_are_null(world: World) -> None:
    await world.store(at(NOON, model="unheard-of"))
    (found,) = await pages(world)
    assert (found["cost"], found["price_status"]) == (None, "unpriced")


@pytest.mark.parametrize("timeless", [False, True])
async def test_an_event_is_found_by_its_id_alone_or_with_its_time(world: World, timeless: bool) -> None:
    identifier = uuid4() if timeless else v7(NOON + timedelta(hours=30))
    await world.store(event(id=str(identifier), timestamp=NOON.isoformat()))
    path = f"/api/costs/{identifier}"
    for parameters, status in (
        ({}, 200),
        ({"timestamp": NOON.isoformat()}, 200),
        ({"timestamp": "2026-11-20T17:30:00+05:30"}, 200),
        ({"timestamp": "2026-11-20T12:00:01Z"}, 404),
    ):
        assert (await world.get(path, **parameters)).status_code == status, parameters
    assert (await world.get(path.upper().replace("/API/COSTS", "/api/costs"))).status_code == 200
    assert (await (await world.another()).get(path)).status_code == 404
    assert (await world.get(f"/api/costs/{uuid4()}")).status_code == 404
    assert (await world.get(f"/api/costs/{v7(NOON)}")).status_code == 404


async def test_the_longest_tag_can_be_asked_for(world: World) -> None:
    key = "k" * 256
    await world.store(event(tags={key: "v"}), event())
    assert len((await world.get("/api/costs", **{f"tag.{key}": "v"})).json()["costs"]) == 1
    grouped = await world.summary(group_by=f"tag.{key}")
    assert {group["keys"][f"tag.{key}"]: group["events"] for group in grouped["groups"]} == {"v": 1, "": 1}


async def test_amounts_are_shown_in_plain_notation_however_they_came(world: World) -> None:
    await world.store_raw(
        b'{"provider":"a","model":"b","reported_cost":1.50E-7,"units":{"seconds":1E+5,"pages":2.50,"images":"7"}}',
        b'{"provider":"a","model":"b","reported_cost":"3.00","units":{"seconds":0e9,"characters":1e-7}}',
    )
    found = {one["reported_cost"]: one["units"] for one in await pages(world)}
    assert found == {
        "0.00000015": {"seconds": "100000", "pages": "2.5", "images": "7"},
        "3": {"seconds": "0", "characters": "0.0000001"},
    }
    one = (await pages(world))[0]
    assert (await world.get(f"/api/costs/{one['id']}")).json()["units"] == one["units"]
