"""A workspace's own prices over HTTP: set, replaced, overlapping, taken back, and what events cost."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from ledger import change, event
from llmlab_shared import clock
from llmlab_shared.db.epochs import enter_change
from llmlab_shared.db.repositories import prices
from llmlab_shared.db.repositories.prices import OwnPrice
from redis.asyncio import Redis
from sqlalchemy import text
from world import World

PATH = "/api/prices"
RATES = {"tokens": {"input": "10", "output": "20"}}
# A call of 1,000 in and 500 out costs 0.06 by the list, 0.02 by RATES.
MODEL = {"provider": "openai", "model": "gpt-4"}


async def put(world: World, **body: Any) -> httpx.Response:
    return await world.client.put(PATH, json={**MODEL, **body}, headers=world.account.auth)


async def set_price(world: World, status: int = 201, **body: Any) -> dict[str, Any]:
    response = await put(world, **body)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def take_back(world: World, status: int = 204, **parameters: Any) -> httpx.Response:
    response = await world.client.delete(PATH, params=parameters, headers=world.account.auth)
    assert response.status_code == status, response.text
    return response


async def cost(world: World, timestamp: str | None = None, **fields: Any) -> tuple[str | None, int | None]:
    """Send an event through the pipeline and return its cost and the price behind it."""
    sent = timestamp or clock.now().isoformat()
    await world.store(event(timestamp=sent, **fields))
    page = await world.get("/api/costs", **{"from": "2021-01-01", "to": "2030-01-01", "limit": 1000})
    newest = max(page.json()["costs"], key=lambda found: found["received_at"])
    return newest["cost"], newest["price_id"]


async def epoch(world: World) -> int:
    value: int = await world.ledger.pool.fetchval("SELECT value FROM epochs WHERE name = 'prices'")
    return value


async def test_an_event_after_the_put_costs_what_was_put(world: World) -> None:
    assert (await cost(world))[0] == "0.06"
    price = await set_price(world, **RATES, note="Contract 4711")
    assert price == {
        "id": price["id"],
        "layer": "custom",
        "provider": "openai",
        "model": "gpt-4",
        "context": "",
        "valid_from": price["valid_from"],
        "valid_until": None,
        "stated_until": None,
        "rates": RATES,
        "source": "Contract 4711",
        "recorded_at": price["recorded_at"],
        "effective": True,
    }
    assert await cost(world) == ("0.02", price["id"])
    # Before it began, the list holds.
    earlier = datetime.fromisoformat(price["valid_from"]) - timedelta(microseconds=1)
    assert (await cost(world, earlier.isoformat()))[0] == "0.06"
    # Of others, the list always does.
    assert (await cost(await world.another()))[0] == "0.06"


async def test_amounts_are_read_digit_by_digit(world: World) -> None:
    body = (
        b'{"provider": "OpenAI", "model": "GPT-4", "valid_from": "2026-11-01",'
        b' "tokens": {"input": 0.100000000003, "output": 1e-12, "cache_read": "0.500"}}'
    )
    response = await world.client.put(PATH, content=body, headers=world.account.auth)
    assert response.status_code == 201, response.text
    assert response.json()["rates"] == {
        "tokens": {"input": "0.100000000003", "output": "0.000000000001", "cache_read": "0.5"}
    }
    assert response.json()["valid_from"] == "2026-11-01T00:00:00Z"


async def test_the_same_again_changes_nothing(world: World) -> None:
    body = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z", **RATES}
    price = await set_price(world, 201, **body)
    before = await epoch(world)
    records = await world.ledger.count("price_versions"), await world.ledger.count("audit_log")
    again = {**body, "tokens": {"output": 20.0, "input": "10.00"}, "provider": "OpenAI"}
    assert await set_price(world, 200, **again) == price
    assert await epoch(world) == before
    assert (
        await world.ledger.count("price_versions"),
        await world.ledger.count("audit_log"),
    ) == records


async def test_without_a_beginning_the_same_again_is_the_one_in_force(world: World) -> None:
    price = await set_price(world, 201, **RATES)
    assert await set_price(world, 200, **RATES) == price
    other = await set_price(world, 201, tokens={"input": "1", "output": "2"})
    assert other["id"] != price["id"]
    assert (await cost(world))[1] == other["id"]


async def test_another_price_of_the_same_beginning_replaces_it(world: World) -> None:
    start = "2026-11-01T00:00:00Z"
    old = await set_price(world, 201, valid_from=start, **RATES)
    before = await epoch(world)
    new = await set_price(world, 200, valid_from=start, tokens={"input": "20", "output": "20"})
    assert new["id"] != old["id"]
    assert await epoch(world) == before + 1
    assert await cost(world, start) == ("0.03", new["id"])
    history = (await world.get(f"{PATH}/history", **MODEL)).json()["prices"]
    assert [(row["id"], row["replaced"]) for row in history if row["layer"] == "custom"] == [
        (new["id"], False),
        (old["id"], True),
    ]


async def test_what_waited_longer_for_the_lock_is_the_later_record(world: World) -> None:
    # Whichever transaction began first: a record has the time of the lock.
    start = datetime(2026, 11, 1, tzinfo=UTC)
    dear = {"input": "100", "output": "100"}
    async with world.app.state.services.engine.connect() as slow:
        await slow.execute(text("SELECT 1"))
        await set_price(world, valid_from=start.isoformat(), **RATES)
        await enter_change(slow, "prices")
        late = OwnPrice(
            0,
            **MODEL,
            context="",
            valid_from=start,
            valid_until=None,
            rates=json.dumps({"tokens": dear}),
            source="",
        )
        recorded = await prices.add_own_price(slow, world.account.workspace_id, late)
        await slow.commit()
    assert await cost(world, start.isoformat()) == ("0.15", recorded.id)


async def waiters(world: World, count: int) -> None:
    """Return when so many transactions wait for the spend lock; fail when they never do."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(30):
        while await world.ledger.pool.fetchval(waiting) < count:
            await asyncio.sleep(0.01)


PERIODS = [
    # (the one that stands, the new one, the field that overlaps)
    (("2026-03-01", "2026-04-01"), ("2026-03-15", None), "valid_from"),
    (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-02"), "valid_until"),
    (("2026-03-01", None), ("2026-02-01", "2026-03-02"), "valid_until"),
    (("2026-03-01", "2026-04-01"), ("2026-03-31", "2026-05-01"), "valid_from"),
    (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-05-01"), "valid_until"),
    (("2026-03-01", "2026-04-01"), ("2026-04-01", None), None),
    (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01"), None),
    (("2026-03-01", None), ("2026-03-02", "2026-03-03"), None),
    (("2026-03-01", None), ("2026-02-01", None), None),
]


@pytest.mark.parametrize(("stands", "new", "field"), PERIODS)
async def test_periods_overlap_or_do_not(
    world: World, stands: tuple[str, str | None], new: tuple[str, str | None], field: str | None
) -> None:
    old = await set_price(world, valid_from=stands[0], valid_until=stands[1], **RATES)
    response = await put(world, valid_from=new[0], valid_until=new[1], tokens={"input": "1"})
    if field is None:
        assert response.status_code == 201, response.text
        return
    assert response.status_code == 409, response.text
    problem = response.json()
    assert problem["code"] == "period_overlaps"
    assert f"price {old['id']} " in problem["detail"]
    (error,) = problem["errors"]
    assert (error["field"], error["id"], error["valid_from"]) == (field, old["id"], old["valid_from"])
    # Of another model, context or workspace it would not.
    for key in ({"model": "gpt-4o"}, {"context": "batch"}):
        await set_price(world, **key, valid_from=new[0], valid_until=new[1], tokens={"input": "1"})
    other = await world.another()
    await set_price(other, valid_from=new[0], valid_until=new[1], tokens={"input": "1"})


async def test_of_two_overlapping_puts_at_once_one_wins(world: World) -> None:
    async with world.ledger.pool.acquire() as blocker:
        transaction = blocker.transaction()
        await transaction.start()
        await change(blocker, "prices")
        puts = [
            asyncio.create_task(put(world, valid_from=start, valid_until=end, **RATES))
            for start, end in (("2026-03-01", "2026-04-01"), ("2026-03-15", "2026-05-01"))
        ]
        await waiters(world, 2)
        await transaction.commit()
    answers = [await task for task in puts]
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await world.ledger.pool.fetchval("SELECT count(*) FROM price_versions WHERE layer = 'custom'") == 1


async def test_what_is_taken_back_never_was(world: World) -> None:
    await set_price(world, valid_from="2026-11-01", tokens={"input": "1", "output": "1"})
    price = await set_price(world, valid_from="2026-11-10", **RATES)
    at = "2026-11-11T00:00:00Z"
    assert (await cost(world, at))[1] == price["id"]
    before = await epoch(world)
    await take_back(world, **MODEL, valid_from="2026-11-10")
    assert await epoch(world) == before + 1
    assert (await cost(world, at))[0] == "0.0015"
    problem = (await take_back(world, 404, **MODEL, valid_from="2026-11-10")).json()
    assert problem["code"] == "price_not_found"
    assert "2026-11-10T00:00:00Z" in problem["detail"]
    assert await epoch(world) == before + 1
    # And may be set again.
    await set_price(world, 201, valid_from="2026-11-10", **RATES)
    assert (await cost(world, at))[0] == "0.02"


async def test_all_of_a_key_are_taken_back_at_once_and_no_others(world: World) -> None:
    for start in ("2026-11-01", "2026-11-02"):
        await set_price(world, valid_from=start, **RATES)
    await set_price(world, valid_from="2026-11-01", context="batch", **RATES)
    theirs = await world.another()
    await set_price(theirs, valid_from="2026-11-01", **RATES)
    await take_back(world, **MODEL)
    await take_back(world, 404, **MODEL)
    own = (await world.get(PATH, layer="custom")).json()["prices"]
    assert [row["context"] for row in own] == ["batch"]
    assert len((await theirs.get(PATH, layer="custom")).json()["prices"]) == 1


async def test_one_is_taken_back_by_its_id(world: World) -> None:
    start = "2026-11-01T00:00:00Z"
    old = await set_price(world, 201, valid_from=start, **RATES)
    new = await set_price(world, 200, valid_from=start, tokens={"input": "1", "output": "1"})
    # Replaced, the list's, another workspace's, nobody's: all the same.
    listed = (await world.get(PATH, **MODEL, layer="catalogue")).json()["prices"][0]["id"]
    theirs = await set_price(await world.another(), valid_from=start, **RATES)
    for unknown in (old["id"], listed, theirs["id"], 9**17):
        await take_back(world, 404, id=unknown)
    await take_back(world, id=new["id"])
    await take_back(world, 404, id=new["id"])
    assert (await cost(world, start))[0] == "0.06"


async def test_a_discount_on_all_models_of_a_provider(world: World) -> None:
    price = await set_price(world, model="*", discount_percent="12.5")
    assert price["rates"] == {"factor": "0.875"}
    assert await cost(world) == ("0.0525", price["id"])
    await set_price(world, discount_percent=-10)
    assert (await cost(world))[0] == "0.066"


async def test_a_batch_price_by_the_names_that_events_have(world: World) -> None:
    price = await set_price(world, processing="batch", region="EU", **RATES)
    assert price["context"] == "batch@eu"
    assert (await cost(world, processing="batch", region="eu"))[0] == "0.02"
    assert (await cost(world, region="eu"))[0] == "0.06"
    tier = await set_price(world, service_tier="on_demand_flex", tokens={"input": "1", "output": "1"})
    assert tier["context"] == "flex"


async def test_every_change_is_in_the_audit_log_and_on_the_queue(world: World, redis_url: str) -> None:
    start = "2026-11-01T00:00:00Z"
    old = await set_price(world, 201, valid_from=start, **RATES)
    new = await set_price(world, 200, valid_from=start, discount_percent="5", note="n")
    await take_back(world, id=new["id"])
    rows = await world.ledger.pool.fetch(
        "SELECT actor, action, target FROM audit_log WHERE workspace_id = $1 AND action LIKE 'price%' "
        "ORDER BY id",
        world.account.workspace_id,
    )
    assert [(row["action"], row["target"]) for row in rows] == [
        ("price_set", f"price:{old['id']}"),
        ("price_replaced", f"price:{new['id']}"),
        ("price_withdrawn", f"price:{new['id']}"),
    ]
    assert {row["actor"] for row in rows} == {f"user:{world.account.user['id']}"}
    async with Redis.from_url(redis_url) as redis:
        assert await redis.zcard("llmlab:jobs") == 3


async def test_a_price_stands_when_redis_is_away(world: World) -> None:
    world.app.state.services.settings.redis_url = "redis://127.0.0.1:1/0"
    await set_price(world, **RATES)
    assert (await cost(world))[0] == "0.02"


async def test_there_is_a_most_of_own_prices(world: World) -> None:
    await world.ledger.pool.execute(
        "INSERT INTO price_versions (workspace_id, layer, provider, model, valid_from, rates, source) "
        "SELECT $1, 'custom', 'acme', 'm-' || n, '2026-01-01', '{\"factor\": \"1\"}', '' "
        "FROM generate_series(1, 9999) n",
        world.account.workspace_id,
    )
    last = await set_price(world, valid_from="2026-01-01", **RATES)
    response = await put(world, model="gpt-4o", **RATES)
    assert (response.status_code, response.json()["code"]) == (422, "too_many_prices")
    assert "10000" in response.json()["detail"]
    # To replace one is no more of them, and one taken back makes room.
    await set_price(world, 200, valid_from="2026-01-01", tokens={"input": "1"})
    await take_back(world, provider="acme", model="m-1")
    await set_price(world, model="gpt-4o", **RATES)
    assert last["id"]
    await set_price(await world.another(), **RATES)


async def test_a_default_beginning_is_that_of_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    price = await set_price(world, valid_until="2026-11-20T12:00:01Z", **RATES)
    assert (price["valid_from"], price["valid_until"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z")
