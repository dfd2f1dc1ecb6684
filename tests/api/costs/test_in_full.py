"""One event in full: who sent it, the price it was charged by, and what was maybe told twice."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from ledger import event, v7
from llmlab_shared import clock
from llmlab_shared.db.repositories import event_context
from world import World


async def full(world: World, identifier: str) -> dict[str, Any]:
    response = await world.get(f"/api/costs/{identifier}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_sender_is_the_key_as_it_is_now(world: World) -> None:
    made = await world.client.post("/api/keys", json={"name": "Backend"}, headers=world.account.auth)
    key = made.json()
    mine, other = str(uuid4()), str(uuid4())
    now = clock.now().isoformat()
    await world.store(event(id=mine, timestamp=now), api_key_id=key["id"])
    await world.store(event(id=other, timestamp=now), api_key_id=987_654)
    sender = {"name": "Backend", "prefix": key["prefix"], "revoked_at": None}
    assert (await full(world, mine))["sender"] == sender
    await world.client.delete(f"/api/keys/{key['id']}", headers=world.account.auth)
    revoked = (await full(world, mine))["sender"]
    assert revoked["name"] == "Backend"
    assert revoked["revoked_at"] is not None
    assert (await full(world, other))["sender"] is None


async def test_the_price_is_the_version_that_was_charged(world: World) -> None:
    async def price(valid_from: str, amount: str) -> None:
        body = {
            "provider": "openai",
            "model": "gpt-4",
            "valid_from": valid_from,
            "tokens": {"input": amount, "output": "0"},
        }
        answer = await world.client.put("/api/prices", json=body, headers=world.account.auth)
        assert answer.is_success, answer.text

    await price("2026-11-01", "7")
    ids = {name: str(uuid4()) for name in ("own", "catalogue", "unpriced")}
    await world.store(
        event(id=ids["own"], timestamp="2026-11-10T12:00:00Z"),
        event(id=ids["catalogue"], timestamp="2026-10-10T12:00:00Z"),
        event(id=ids["unpriced"], timestamp="2026-11-10T12:00:00Z", model="no-such"),
    )
    # A later price changes nothing of what was charged, only until when the earlier one holds.
    await price("2026-11-15", "8")
    own = (await full(world, ids["own"]))["price"]
    assert {**own, "source": ""} == {
        "provider": "openai",
        "model": "gpt-4",
        "context": "",
        "layer": "custom",
        "source": "",
        "valid_from": "2026-11-01T00:00:00Z",
        "valid_until": "2026-11-15T00:00:00Z",
        "rates": {"tokens": {"input": "7", "output": "0"}},
    }
    catalogue = (await full(world, ids["catalogue"]))["price"]
    assert catalogue["layer"] == "catalogue"
    assert catalogue["rates"]["tokens"]["input"] == "30"
    assert (await full(world, ids["unpriced"]))["price"] is None


async def test_other_events_of_the_same_response_are_named(world: World) -> None:
    now = clock.now() - timedelta(days=10)

    def told(hours: float, response_id: str | None = "r", **fields: Any) -> dict[str, Any]:
        at = now + timedelta(hours=hours)
        named = {} if response_id is None else {"response_id": response_id}
        return event(id=str(v7(at)), timestamp=at.isoformat(), **named, **fields)

    one, twin = told(0), told(47.9)
    strangers = [told(48.1), told(0, "s"), told(0, provider="azure"), told(0, None)]
    await world.store(one, twin, *strangers)
    other = await world.another()
    await other.store(told(0))
    assert [each["id"] for each in (await full(world, one["id"]))["same_response"]] == [twin["id"]]
    (found,) = (await full(world, twin["id"]))["same_response"][:1]
    assert found == {
        "id": one["id"],
        "timestamp": one["timestamp"].replace("+00:00", "Z"),
        "cost": "0.06",
        "api_key": 7,
    }
    assert (await full(world, strangers[3]["id"]))["same_response"] == []
    many = [told(1 + n / 100, "s") for n in range(12)]
    await world.store(*many)
    assert len((await full(world, many[0]["id"]))["same_response"]) == 10


async def test_a_hint_that_takes_long_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at = clock.now()
    events = [event(id=str(v7(at)), timestamp=at.isoformat(), response_id="r") for _ in range(3)]
    await world.store(*events)
    assert len((await full(world, events[0]["id"]))["same_response"]) == 2
    monkeypatch.setattr(event_context, "MOST_LOOKED_THROUGH", 2)
    assert (await full(world, events[0]["id"]))["same_response"] is None
    monkeypatch.undo()
    slow = event_context._ALIKE.text.replace("SELECT id", "SELECT pg_sleep(5)::text AS id", 1)
    monkeypatch.setattr(event_context, "_ALIKE", event_context.text(slow))
    assert (await full(world, events[0]["id"]))["same_response"] is None
