"""`/api/workspace`: what may be set, and that no sum is wrong while the days are rebuilt."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from ledger import event, v7
from llmlab_shared import clock
from llmlab_worker.jobs import rebuild_days, reconcile
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.jobs.rebuild_days import advance, rebuild_all
from llmlab_worker.jobs.reconcile import differences, rebuild
from llmlab_worker.pipeline.folds import Place
from world import World

WORKSPACE = "/api/workspace"
FIRST = datetime(2026, 10, 20, tzinfo=UTC)
RANGE = {"from": "2026-10-18", "to": "2026-11-05"}


async def patch(world: World, **fields: Any) -> httpx.Response:
    return await world.client.patch(WORKSPACE, json=fields, headers=world.account.auth)


async def read(world: World) -> dict[str, Any]:
    answer: dict[str, Any] = (await world.get(WORKSPACE)).json()
    return answer


def calls(hours: Iterable[float], **fields: Any) -> list[dict[str, Any]]:
    made = []
    for number, hour in enumerate(hours):
        at = FIRST + timedelta(hours=hour)
        labels = {
            "feature": f"f{number % 3}",
            "customer": f"c{number % 7}",
            "tags": {"tier": f"t{number % 2}"},
        }
        made.append(event(id=str(v7(at)), timestamp=at.isoformat(), **labels, **fields))
    return made


def by_day(made: Iterable[dict[str, Any]], hours: float) -> dict[str, int]:
    """What days of an offset hold, by the events themselves."""
    days: dict[str, int] = {}
    for one in made:
        day = str((datetime.fromisoformat(one["timestamp"]) + timedelta(hours=hours)).date())
        days[day] = days.get(day, 0) + 1
    return days


async def told_by_day(world: World, **filters: Any) -> dict[str, int]:
    trends = (await world.summary(**RANGE, **filters))["trends"]
    return {bucket["bucket"]: bucket["events"] for bucket in trends if bucket["events"]}


async def test_it_is_read_and_named_anew(world: World) -> None:
    found = await read(world)
    assert found["name"] == "Personal"
    assert (found["timezone"], found["tags"], found["rebuilding"]) == ("UTC", [], None)
    assert found["budget_alert_threshold"] == "0.8"
    changed = (await patch(world, name="  Ünal & Söhne ")).json()
    assert changed == {**found, "name": "Ünal & Söhne"}
    assert (await patch(world)).json() == changed
    # Nothing was spent: there is nothing to rebuild.
    changed = (await patch(world, timezone="Asia/Kathmandu", tags=["tier", "plan"])).json()
    assert (changed["timezone"], changed["tags"], changed["rebuilding"]) == (
        "Asia/Kathmandu",
        ["tier", "plan"],
        None,
    )
    audit = (await world.get("/api/audit")).json()["entries"]
    assert audit[0]["details"] == {"timezone": "Asia/Kathmandu", "tags": ["tier", "plan"]}
    assert [each["action"] for each in audit].count("workspace_changed") == 2
    assert (await (await world.another()).get(WORKSPACE)).json()["timezone"] == "UTC"


async def test_no_total_is_wrong_at_any_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_days, "DAYS_AT_ONCE", 3)
    made = calls(n * 1.7 for n in range(150))
    await world.store(*made)
    await world.client.post(
        "/api/budgets", json={"budget_amount": "0.3", "period": "day"}, headers=world.account.auth
    )
    each = {"budget_amount": "2", "period": "week", "each": "customer"}
    await world.client.post("/api/budgets", json=each, headers=world.account.auth)
    await mark(world.ledger.pool, [Place(world.account.workspace_id, date(2026, 10, 23), "customer")], 2)
    answer = (await patch(world, timezone="America/Los_Angeles", tags=["tier"])).json()
    assert answer["rebuilding"]["done"] == 0
    assert answer["rebuilding"]["total"] > 10
    pool, steps = world.ledger.pool, 0
    # Daylight saving ends on 1 November.
    wanted = {**by_day(made, -7)}
    while not await advance(pool, world.account.workspace_id):
        late = calls([3.3, 100 + steps])
        await world.store(*late)
        made += late
        wanted = by_day(made, -7)
        assert await told_by_day(world) == wanted
        assert await told_by_day(world, feature="f0") == by_day(
            (one for one in made if one["feature"] == "f0"), -7
        )
        progress = (await read(world))["rebuilding"]
        assert progress["done"] > 0
        steps += 1
        for path in ("/api/costs/forecast", "/api/recommendations", "/api/costs/what-if?model=openai/gpt-4o"):
            refused = await world.client.get(path, headers=world.account.auth)
            assert (refused.status_code, refused.json()["code"]) == (503, "rebuilding")
        (daily, _) = (await world.get("/api/budgets")).json()["budgets"][:2]
        assert "counted anew" in daily["notes"][0]
    assert steps > 3
    assert (await read(world))["rebuilding"] is None
    assert await differences(pool) == []
    assert await told_by_day(world) == by_day(made, -7)
    history = await world.summary(**RANGE, group_by="tag.tier")
    assert {group["keys"]["tag.tier"]: group["events"] for group in history["groups"]} == {
        tier: sum(one["tags"]["tier"] == tier for one in made) for tier in ("t0", "t1")
    }
    await complete(pool, Place(world.account.workspace_id, date(2026, 10, 23), "customer"))
    assert await differences(pool) == []


async def test_a_change_while_one_is_rebuilt_begins_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_days, "DAYS_AT_ONCE", 2)
    made = calls(n * 2.9 for n in range(60))
    await world.store(*made)
    await patch(world, timezone="Pacific/Kiritimati")
    for _ in range(3):
        await advance(world.ledger.pool, world.account.workspace_id)
    assert (await read(world))["rebuilding"]["done"] == 6
    answer = (await patch(world, timezone="America/Lima", tags=["tier"])).json()
    assert answer["rebuilding"]["done"] == 0
    assert await rebuild_all(world.ledger.pool) == 1
    assert await told_by_day(world) == by_day(made, -5)
    # Tags that are taken away leave nothing behind.
    await patch(world, tags=[])
    assert await rebuild_all(world.ledger.pool) == 1
    assert await differences(world.ledger.pool) == []
    assert (
        await world.ledger.pool.fetchval(
            "SELECT count(*) FROM rollup_dimension_day WHERE dimension LIKE 'tag.%'"
        )
        == 0
    )


@pytest.mark.parametrize("meanwhile", ["another zone", "an operator's rebuild", "a fold"])
async def test_what_happens_between_comparing_and_adding_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    made = calls(n * 1.3 for n in range(60))
    await world.store(*made)
    await patch(world, timezone="Asia/Tokyo", tags=["tier"])
    compare, happened = rebuild_days._find_missing, []

    async def compare_and_wait(*asked: Any) -> None:
        await compare(*asked)
        if asked[1] == "rollup_dimension_day" and not happened:
            happened.append(meanwhile)
            if meanwhile == "another zone":
                await patch(world, timezone="America/Lima")
            elif meanwhile == "a fold":
                place = Place(world.account.workspace_id, date(2026, 10, 21), "customer")
                assert await mark(world.ledger.pool, [place], 2) == 1
            else:
                assert await rebuild(world.ledger.pool, world.account.workspace_id) > 0

    monkeypatch.setattr(rebuild_days, "_find_missing", compare_and_wait)
    assert await rebuild_all(world.ledger.pool) == 1
    assert happened == [meanwhile]
    assert await differences(world.ledger.pool) == []
    assert await told_by_day(world) == by_day(made, -5 if meanwhile == "another zone" else 9)


async def test_an_operators_rebuild_goes_by_the_zone_that_is_new_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = calls(n * 5.3 for n in range(60))
    await world.store(*made)
    hold, weeks = reconcile._hold_spends, []

    async def change_and_hold(connection: Any) -> None:
        weeks.append(1)
        if len(weeks) == 2:
            await patch(world, timezone="America/Lima", tags=["tier"])
            await rebuild_all(world.ledger.pool)
        await hold(connection)

    monkeypatch.setattr(reconcile, "_hold_spends", change_and_hold)
    assert await rebuild(world.ledger.pool, world.account.workspace_id) == 0
    assert len(weeks) > 3
    assert await told_by_day(world) == by_day(made, -5)
    assert await differences(world.ledger.pool) == []


async def test_a_comparison_leaves_alone_what_begins_to_be_rebuilt_meanwhile(world: World) -> None:
    await world.store(*calls(n * 5.3 for n in range(60)))
    budget = {"budget_amount": "1", "period": "day"}
    await world.client.post("/api/budgets", json=budget, headers=world.account.auth)
    await world.ledger.pool.execute("UPDATE rollup_15m SET events = events + 1")
    await world.ledger.pool.execute("UPDATE budget_spend SET spend = spend + 1")
    every = await differences(world.ledger.pool)
    assert {each.table for each in every} == {"rollup_15m", "budget_spend"}

    found = reconcile.find_differences(world.ledger.pool)
    first = await anext(found)
    await patch(world, timezone="America/Lima")
    # The rest of the slice that was compared by then.
    rest = [each async for each in found]
    assert {each.table for each in [first, *rest]} == {"rollup_15m"}
    assert 0 < len(rest) < 40


async def test_an_operators_rebuild_leaves_budgets_to_the_one_under_way(world: World) -> None:
    await world.store(*calls(n * 5.3 for n in range(60)))
    budget = {"budget_amount": "1", "period": "day"}
    made = await world.client.post("/api/budgets", json=budget, headers=world.account.auth)
    await patch(world, timezone="America/Lima")
    before = await world.ledger.pool.fetch("SELECT * FROM budget_spend ORDER BY period_start")
    left_out: dict[int, str] = {}
    assert await rebuild(world.ledger.pool, left_out=left_out.__setitem__) > 0
    assert list(left_out) == [made.json()["id"]]
    assert await world.ledger.pool.fetch("SELECT * FROM budget_spend ORDER BY period_start") == before
    assert await rebuild_all(world.ledger.pool) == 1
    assert await differences(world.ledger.pool) == []


async def test_two_at_one_rebuild_do_nothing_twice(world: World) -> None:
    await world.store(*calls(n * 1.1 for n in range(100)))
    await patch(world, timezone="Asia/Tokyo")

    await asyncio.gather(
        rebuild_all(world.ledger.pool),
        rebuild_all(world.ledger.pool),
        rebuild_all(world.ledger.pool),
        world.store(*calls(n * 0.9 for n in range(100))),
    )
    await rebuild_all(world.ledger.pool)
    assert (await read(world))["rebuilding"] is None
    assert await differences(world.ledger.pool) == []


async def test_one_that_fails_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = await world.another()
    for each in (world, other):
        await each.store(*calls(n * 9.1 for n in range(20)))
        await patch(each, timezone="Asia/Tokyo")
    rebuild_some = rebuild_days._rebuild_some

    async def fail_for_the_first(connection: Any, workspace_id: int, place: Any) -> None:
        if workspace_id == world.account.workspace_id:
            raise ValueError("this one's days cannot be rebuilt")
        await rebuild_some(connection, workspace_id, place)

    with monkeypatch.context() as broken:
        broken.setattr(rebuild_days, "_rebuild_some", fail_for_the_first)
        assert await rebuild_all(world.ledger.pool) == 1
    assert (await read(other))["rebuilding"] is None
    assert (await read(world))["rebuilding"] is not None
    assert await rebuild_all(world.ledger.pool) == 1
    assert await differences(world.ledger.pool) == []


async def test_what_passes_a_threshold_by_the_new_days_is_recorded_once(world: World) -> None:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    # Late on one UTC day and early on the next: one day in Honolulu.
    times = [today - timedelta(minutes=30), today + timedelta(minutes=1)]
    await world.store(*(event(id=str(v7(at)), timestamp=at.isoformat()) for at in times))
    body = {"budget_amount": "0.1", "period": "day", "thresholds": ["1"]}
    budget = (await world.client.post("/api/budgets", json=body, headers=world.account.auth)).json()
    assert budget["alerts_count"] == 0
    await patch(world, timezone="Pacific/Honolulu")
    await rebuild_all(world.ledger.pool)
    crossings = await world.ledger.pool.fetch("SELECT period_start, spend FROM budget_crossings")
    assert [tuple(row) for row in crossings] == [((today - timedelta(days=1)).date(), Decimal("0.12"))]
    await patch(world, timezone="Pacific/Tahiti")
    await rebuild_all(world.ledger.pool)
    assert await world.ledger.count("budget_crossings") == 1


async def test_a_tag_that_a_budget_counts_by_stays(world: World) -> None:
    await patch(world, tags=["tier", "plan"])
    body = {"budget_amount": "5", "scope": {"tag": {"tier": "pro"}}}
    made = await world.client.post("/api/budgets", json=body, headers=world.account.auth)
    assert made.status_code == 201, made.text
    refused = await patch(world, tags=["plan"])
    assert (refused.status_code, refused.json()["code"]) == (409, "tag_in_use")
    assert (await patch(world, tags=["tier"])).json()["tags"] == ["tier"]


async def test_others_may_not_change_it(world: World) -> None:
    made = await world.client.post("/api/keys", json={"name": "k"}, headers=world.account.auth)
    key = {"Authorization": f"Bearer {made.json()['api_key']}"}
    assert (await world.client.get(WORKSPACE, headers=key)).json()["id"] == world.account.workspace_id
    refused = await world.client.patch(WORKSPACE, json={"name": "x"}, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "\0"}, "timezone"),
        ({"tags": ["a", "a"]}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": [""]}, "tags"),
        ({"tags": list("abcdef")}, "tags"),
        ({"zone": "UTC"}, "zone"),
    ],
)
async def test_what_makes_no_sense_is_named(world: World, body: dict[str, Any], field: str) -> None:
    response = await patch(world, **body)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].split(".")[0] == field
