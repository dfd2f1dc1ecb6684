"""Questions that make no sense are answered with what to ask instead, never with a 500."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from ledger import event
from llmlab_shared import clock
from llmlab_shared.db.repositories import costs
from world import World, open_world

LONG = "x" * 60_000

STRANGE: list[tuple[dict[str, Any], str]] = [
    ({"from": "yesterday"}, "bad_timestamp"),
    ({"from": "2026-11-23T10:00:00"}, "bad_timestamp"),
    ({"from": "0001-01-01"}, "bad_timestamp"),
    ({"to": "9999-12-31"}, "bad_timestamp"),
    ({"from": LONG}, "bad_timestamp"),
    ({"from": "\x00"}, "nul_byte"),
    ({"from": "2026-11-23", "to": "2026-11-22"}, "bad_range"),
    ({"from": "2026-11-23", "to": "2026-11-23"}, "bad_range"),
    ({"from": "2001-01-01", "to": "2026-11-23"}, "bad_range"),
    ({"from": ["2026-11-01", "2026-11-02"]}, "repeated"),
    ({"tz": "../../etc/passwd"}, "bad_zone"),
    ({"tz": "/etc/localtime"}, "bad_zone"),
    ({"tz": "America"}, "bad_zone"),
    ({"tz": ""}, "bad_zone"),
    ({"tz": "UTC\x00"}, "nul_byte"),
    ({"tz": LONG}, "bad_zone"),
    ({"custommer": "a"}, "unknown_filter"),
    ({"tag.": "a"}, "unknown_filter"),
    ({"tag." + LONG: "a"}, "unknown_filter"),
    ({"tag.\x00": "a"}, "nul_byte"),
    ({"": "a"}, "unknown_filter"),
    ({LONG: "a"}, "unknown_filter"),
    ({"feature": "a\x00b"}, "nul_byte"),
    ({"feature": "a" * 257}, "too_long"),
    ({"feature": ["a"] * 101}, "too_many_values"),
    ({f"tag.{n}": "a" for n in range(21)}, "too_many_filters"),
    ({"api_key": "mine"}, "bad_filter"),
    ({"api_key": "-1"}, "bad_filter"),
    ({"api_key": "9" * 30}, "bad_filter"),
    ({"api_key": "٣"}, "bad_filter"),
    ({"status": "fine"}, "bad_filter"),
    ({"price_status": ""}, "bad_filter"),
]
OF_SUMMARIES: list[tuple[dict[str, Any], str]] = [
    ({"group_by": "modle"}, "bad_group_by"),
    ({"group_by": ","}, "bad_group_by"),
    ({"group_by": "model,"}, "bad_group_by"),
    ({"group_by": "day,hour"}, "bad_group_by"),
    ({"group_by": "provider;drop table"}, "bad_group_by"),
    ({"group_by": LONG}, "bad_group_by"),
    ({"group_by": "provider,model,api_key,environment,price_status,status,feature"}, "bad_group_by"),
    ({"limit": "5"}, "unknown_filter"),
]
OF_LISTS: list[tuple[dict[str, Any], str]] = [
    ({"limit": "0"}, "bad_limit"),
    ({"limit": "1001"}, "bad_limit"),
    ({"limit": "-1"}, "bad_limit"),
    ({"limit": "1e2"}, "bad_limit"),
    ({"limit": ""}, "bad_limit"),
    ({"limit": "٣"}, "bad_limit"),
    ({"limit": "9" * 5000}, "bad_limit"),
    ({"cursor": ""}, "bad_cursor"),
    ({"cursor": "nonsense"}, "bad_cursor"),
    ({"cursor": "é"}, "bad_cursor"),
    ({"cursor": "_" * 32}, "bad_cursor"),
    ({"cursor": "f" + "_" * 31}, "bad_cursor"),
    ({"cursor": LONG}, "bad_cursor"),
    ({"group_by": "model"}, "unknown_filter"),
]


def check(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert 20 < len(problem["detail"]) < 900


async def test_strange_questions_say_what_to_ask(world: World) -> None:
    """One workspace for all, because asking changes nothing."""
    for path, cases in (("/api/costs/summary", STRANGE + OF_SUMMARIES), ("/api/costs", STRANGE + OF_LISTS)):
        for parameters, code in cases:
            check(await world.get(path, **parameters), 422, code)
    unknown = (await world.get("/api/costs/summary", custommer="a")).json()
    assert "did you mean customer" in unknown["detail"]
    assert "tag.<key>" in unknown["detail"]
    assert unknown["errors"][0]["field"] == "custommer"


async def test_bytes_that_are_no_text_find_nothing(world: World) -> None:
    for path in ("/api/costs/summary?feature=%ff%fe", "/api/costs?customer=%ed%a0%80&model=%f0"):
        response = await world.get(path)
        assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "identifier",
    ["x", "1", "{019aa7a4-2f00-7cc1-8b5e-0a1b2c3d4e5f}", "019aa7a42f007cc18b5e0a1b2c3d4e5f", "%00"],
)
async def test_malformed_ids(world: World, identifier: str) -> None:
    check(await world.get(f"/api/costs/{identifier}"), 422, "bad_id")


async def test_an_event_takes_no_filters(world: World) -> None:
    check(await world.get(f"/api/costs/{uuid4()}", feature="a"), 422, "unknown_filter")
    check(await world.get(f"/api/costs/{uuid4()}", timestamp="noon"), 422, "bad_timestamp")


async def test_no_credentials_no_answer(world: World) -> None:
    for path in (
        "/api/costs/summary",
        "/api/costs",
        f"/api/costs/{uuid4()}",
        "/api/budgets",
        "/api/recommendations",
    ):
        check(await world.client.get(path), 401, "not_authenticated")


async def test_what_is_too_much_to_count_names_what_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "MAX_SCANNED", 3)
    await world.store(*(event(feature="search", customer="acme") for _ in range(4)))
    for parameters in (
        {"group_by": "feature,customer"},
        {"group_by": "status"},
        {"feature": "search", "group_by": "customer"},
        {"tag.undeclared": "x"},
        {"group_by": "feature", "tz": "Asia/Kathmandu"},
        {"group_by": "feature,hour"},
    ):
        response = await world.get("/api/costs/summary", **parameters)
        check(response, 422, "group_by_not_kept")
        assert "feature, customer, user, team, project, release" in response.json()["detail"]
    # What a tier keeps is answered all the same, by days where it is kept by days.
    answer = await world.summary(feature="search", **{"from": str(clock.now().date())})
    assert answer["counts"]["events"] == 4
    assert [bucket["bucket"] for bucket in answer["trends"]] == [str(clock.now().date())]
    odd = (clock.now() - timedelta(days=1)).replace(minute=7).isoformat()
    check(await world.get("/api/costs/summary", **{"from": odd}), 422, "bad_range")


async def test_too_many_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmlab_api.costs import service

    monkeypatch.setattr(service, "MAX_GROUPS", 3)
    monkeypatch.setattr(costs.read_groups, "__defaults__", (3,))
    await world.store(*(event(customer=f"c{n}") for n in range(4)))
    check(await world.get("/api/costs/summary", group_by="customer"), 422, "too_many_groups")
    assert len((await world.summary(group_by="customer", customer=["c1", "c2"]))["groups"]) == 2


async def test_what_takes_too_long_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmlab_api.costs import events, service

    await world.store(*(event() for _ in range(3)))
    async with world.ledger.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE cost_events, rollup_day IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(events, "TIMEOUT_MS", 200)
        monkeypatch.setattr(service, "TIMEOUT_MS", 200)
        for path in ("/api/costs", "/api/costs/summary"):
            check(await world.get(path), 422, "too_slow")
    assert (await world.summary())["counts"]["events"] == 3


async def test_without_redis_the_freshness_is_unknown_and_nothing_else(
    database_url: str, redis_url: str
) -> None:
    async with open_world(database_url, redis_url) as world:
        await world.store(event())
        freshness = (await world.summary())["freshness"]
        assert (freshness["backlog"], freshness["oldest_unprocessed_seconds"]) == (0, 0.0)
        answer = await world.client.post("/api/events/track", json=event(), headers=world.account.key_auth)
        assert answer.status_code == 202
        freshness = (await world.summary())["freshness"]
        assert freshness["backlog"] == 1
        assert freshness["oldest_unprocessed_seconds"] >= 0
        services = world.app.state.services
        from redis.asyncio import Redis

        services.redis = Redis.from_url("redis://127.0.0.1:1/0")
        answer = await world.summary()
        await services.redis.aclose()
        assert answer["total_spend"] == "0.06"
        assert answer["freshness"]["backlog"] is answer["freshness"]["oldest_unprocessed_seconds"] is None


async def test_an_answer_says_where_it_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.store(
        *(event(feature="search", customer=f"c{n}") for n in range(4)),
        event(feature="chat", status="error", input_tokens=None, output_tokens=None),
        event(status="aborted"),
    )
    kept = {"kind": "rollups", "events_scanned": 0}
    for asked in ({}, {"group_by": "model,day"}, {"group_by": "feature"}, {"feature": "search"}):
        assert (await world.summary(**asked))["source"] == kept, asked
    pairs = await world.summary(group_by="feature,customer")
    assert pairs["source"] == {"kind": "events", "events_scanned": 6}
    assert len(pairs["groups"]) == 6
    failed = await world.summary(status="error")
    assert (failed["source"]["events_scanned"], failed["counts"]["errors"]) == (1, 1)
    # What failed is found without the rest, however much that is.
    monkeypatch.setattr(costs, "MAX_SCANNED", 3)
    assert (await world.summary(status=["error", "aborted"]))["counts"]["events"] == 2
    listed = (await world.get("/api/costs", status=["error", "aborted"])).json()["costs"]
    assert sorted(one["status"] for one in listed) == ["aborted", "error"]
    check(await world.get("/api/costs/summary", status=["error", "ok"]), 422, "group_by_not_kept")
    monkeypatch.setattr(costs, "MAX_SCANNED", 1)
    check(await world.get("/api/costs/summary", status=["error", "aborted"]), 422, "group_by_not_kept")
