"""`GET /api/costs/sessions`: which sessions and traces cost most, and the events of one."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger import event
from llmlab_shared.db.repositories import costs
from repriced import carry_out
from world import World

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RANGE = {"from": "2026-11-20", "to": "2026-11-21"}


def call(minute: int, **fields: Any) -> dict[str, Any]:
    return event(timestamp=(NOON + timedelta(minutes=minute)).isoformat(), **fields)


async def sessions(world: World, **asked: Any) -> dict[str, Any]:
    response = await world.get("/api/costs/sessions", **{**RANGE, **asked})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_dearest_first_with_what_is_known_of_them(world: World) -> None:
    await world.store(
        call(0, session_id="a", trace_id="t", user="ann", feature="chat", customer="acme"),
        call(9, session_id="a", user="ann", feature="search", model="gpt-4o"),
        call(5, session_id="a", status="error", input_tokens=None, output_tokens=None),
        call(1, session_id="b", user="bob", input_tokens=9000),
        call(2, session_id="c", billing="subscription"),
        call(3, trace_id="t", session_id="d", model="no-price"),
        call(4),
    )
    found = await sessions(world)
    assert [(each["id"], each["spend"]) for each in found["sessions"]] == [
        ("b", "0.3"), ("a", "0.0675"), ("c", "0"), ("d", "0"),
    ]  # fmt: skip
    assert found["sessions"][1] == {
        "id": "a",
        "spend": "0.0675",
        "events": 3,
        "tokens": 3000,
        "errors": 1,
        "unknown": 0,
        "first": "2026-11-20T12:00:00Z",
        "last": "2026-11-20T12:09:00Z",
        "models": ["gpt-4", "gpt-4o"],
        "user": "ann",
        "customer": "acme",
        "feature": None,
    }
    # What has no price did not cost nothing.
    assert [each["unknown"] for each in found["sessions"]] == [0, 0, 0, 1]
    assert (found["scanned"], found["without"]) == (7, 1)
    traces = await sessions(world, by="trace")
    assert [(each["id"], each["spend"], each["events"]) for each in traces["sessions"]] == [("t", "0.06", 2)]
    assert (traces["scanned"], traces["without"]) == (7, 5)
    assert [each["id"] for each in (await sessions(world, limit=1))["sessions"]] == ["b"]
    filtered = await sessions(world, user=["ann", "bob"], model="gpt-4")
    assert [(each["id"], each["events"]) for each in filtered["sessions"]] == [("b", 1), ("a", 1)]
    nothing = await sessions(world, **{"from": "2026-11-01", "to": "2026-11-02"})
    assert (nothing["sessions"], nothing["scanned"], nothing["without"]) == ([], 0, 0)


async def test_a_correction_is_what_a_session_cost(world: World) -> None:
    await world.store(call(0, session_id="a"))
    body = {
        "provider": "openai",
        "model": "gpt-4",
        "valid_from": "2026-11-01",
        "tokens": {"input": "1000", "output": "0"},
    }
    await world.client.put("/api/prices", json=body, headers=world.account.auth)
    asked = {**RANGE, "dry_run": False, "reason": "r"}
    made = await world.client.post("/api/prices/reprice", json=asked, headers=world.account.auth)
    await carry_out(world.ledger, made.json()["id"])
    assert [each["spend"] for each in (await sessions(world))["sessions"]] == ["1"]


async def test_the_events_of_one_are_listed_and_exported(world: World) -> None:
    await world.store(
        call(0, session_id="a", trace_id="t"), call(1, session_id="a"), call(2, session_id="b", trace_id="t")
    )

    async def of(**asked: Any) -> list[tuple[str, str | None]]:
        listed = (await world.get("/api/costs", **RANGE, **asked)).json()["costs"]
        exported = await world.get("/api/costs/export", format="csv", **RANGE, **asked)
        assert exported.headers["x-llmlab-rows"] == str(len(listed))
        rows = list(csv.DictReader(io.StringIO(exported.text)))
        assert [row["id"] for row in rows] == [each["id"] for each in reversed(listed)]
        return [(each["session_id"], each["trace_id"]) for each in listed]

    assert await of(session_id="a") == [("a", None), ("a", "t")]
    assert await of(trace_id="t") == [("b", "t"), ("a", "t")]
    assert await of(trace_id="t", session_id=["b", "none"]) == [("b", "t")]
    assert await of(session_id="none") == []
    refused = await world.get("/api/costs/summary", session_id="a")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_filter")


async def test_another_workspace_has_none_of_them(world: World) -> None:
    other = await world.another()
    await world.store(call(0, session_id="a", trace_id="t"))
    for by in ("session", "trace"):
        found = await sessions(other, by=by)
        assert (found["sessions"], found["scanned"]) == ([], 0)
    assert (await other.get("/api/costs", **RANGE, session_id="a")).json()["costs"] == []


async def test_too_much_is_said_with_what_to_ask(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.store(*(call(n, session_id="a") for n in range(4)))
    monkeypatch.setattr(costs, "MAX_SCANNED", 3)
    refused = await world.get("/api/costs/sessions", **RANGE)
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_events")
    assert "shorter range" in refused.json()["detail"]
    # What failed is found without the rest, however much that is.
    await world.store(call(5, session_id="b", status="error", input_tokens=None, output_tokens=None))
    failed = await sessions(world, status="error")
    assert ([each["id"] for each in failed["sessions"]], failed["scanned"]) == (["b"], 1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"by": "user"}, "bad_group_by"),
        ({"limit": "1001"}, "bad_limit"),
        ({"session_id": "a"}, "unknown_filter"),
        ({"feature": "(other)"}, "value_not_kept"),
        ({"tz": "Nowhere"}, "bad_zone"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "bad_range"),
    ],
)
async def test_what_makes_no_sense_is_named(world: World, asked: dict[str, str], code: str) -> None:
    response = await world.get("/api/costs/sessions", **asked)
    assert (response.status_code, response.json()["code"]) == (422, code)
