"""Budgets of a part of the spend over HTTP: making, changing, removing, and trying them on the past."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger import event
from llmlab_api.budgets import backtests, service
from llmlab_shared import clock
from world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

# An event of the reference price costs 0.06.


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


async def call(world: World, method: str, path: str, status: int = 200, body: Any = None) -> Any:
    response = await world.client.request(method, path, json=body, headers=world.account.auth)
    assert response.status_code == status, response.text
    return response.json() if response.content else None


async def put(world: World, status: int = 201, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await call(world, "POST", "/api/budgets", status, body)
    return answer


async def test_every_user_has_the_amount_for_himself(world: World, today: datetime) -> None:
    at = {"timestamp": today.isoformat()}
    await world.store(*(event(**at, user=user) for user in ("ada", "ada", "bob")), event(**at))
    budget = await put(world, budget_amount="0.12", each="user", period="week", thresholds=["0.8", "1"])
    assert budget["name"] == "Weekly budget of each user"
    assert (budget["period_start"], budget["period_end"], budget["counts_from"]) == (
        "2026-11-16",
        "2026-11-23",
        "2026-11-16",
    )
    assert (budget["spent"], budget["values_count"]) == ("0.18", 2)
    assert budget["values"] == [{"value": "ada", "spent": "0.12"}, {"value": "bob", "spent": "0.06"}]
    assert [(alert["value"], alert["threshold"]) for alert in budget["alerts"]] == [
        ("ada", "0.8"),
        ("ada", "1"),
    ]
    assert (budget["alerts_count"], budget["alert_sent"], budget["notes"]) == (2, True, [])
    values = f"/api/budgets/{budget['id']}/values"
    first = await call(world, "GET", f"{values}?limit=1")
    assert first["values"] == budget["values"][:1]
    second = await call(
        world, "GET", f"/api/budgets/{budget['id']}/values?limit=1&cursor={first['next_cursor']}"
    )
    assert (second["values"], second["next_cursor"]) == (budget["values"][1:], None)
    last_week = await call(world, "GET", f"{values}?period=2026-11-10")
    assert last_week["values"] == []


async def test_a_scope_reads_as_it_was_written(world: World, today: datetime) -> None:
    await world.zone("UTC", "squad")
    scope = {"provider": "openai", "api_key": 7, "tag": {"squad": "blue"}}
    assert (await put(world, budget_amount="5", scope=scope))["scope"] == scope
    # However the provider is spelled, it is the same budget.
    again = await put(world, 200, budget_amount="6", scope={**scope, "provider": "OpenAI", "api_key": "7"})
    assert (again["scope"], again["budget_amount"]) == (scope, "6")


async def test_a_scope_that_nothing_matches_is_allowed_and_said(world: World, today: datetime) -> None:
    await world.store(event(timestamp=today.isoformat(), feature="search"))
    budget = await put(world, budget_amount="5", scope={"feature": "serach"})
    assert budget["notes"] == [
        "Nothing that was spent in the last 90 days has feature serach: "
        "the budget counts from the first event that does."
    ]
    assert (await put(world, budget_amount="5", scope={"feature": "search"}))["notes"] == []


async def test_nothing_is_said_to_match_nothing_while_days_are_rebuilt(world: World, today: datetime) -> None:
    await world.ledger.pool.execute(
        "INSERT INTO calendar_rebuilds (workspace_id, first_day, next_day, last_day) VALUES ($1, $2, $2, $2)",
        world.account.workspace_id,
        today.date(),
    )
    (note,) = (await put(world, budget_amount="5", scope={"feature": "search"}))["notes"]
    assert "counted anew" in note


async def test_changing_and_removing(world: World, today: datetime) -> None:
    await world.store(*(event(timestamp=today.isoformat(), team="ops") for _ in range(2)))
    budget = await put(world, budget_amount="1", scope={"team": "ops"}, thresholds=["0.5"])
    path = f"/api/budgets/{budget['id']}"
    changed = await call(
        world, "PATCH", path, body={"budget_amount": "0.2", "from": "2026-12-01", "name": "Ops"}
    )
    assert (changed["budget_amount"], changed["name"], changed["alerts"]) == ("1", "Ops", [])
    assert changed["amounts"] == [
        {"from": "2026-11-01", "amount": "1"},
        {"from": "2026-12-01", "amount": "0.2"},
    ]
    changed = await call(world, "PATCH", path, body={"thresholds": ["0.1"], "paused": True})
    # Recorded, and nobody is told.
    assert [alert["threshold"] for alert in changed["alerts"]] == ["0.1"]
    assert await world.ledger.count("outbox") == 0
    changed = await call(world, "PATCH", path, body={"amounts": [{"from": "2026-11-01", "amount": "0.3"}]})
    assert changed["amounts"] == [{"from": "2026-11-01", "amount": "0.3"}]
    problem = await call(world, "PATCH", path, 422, body={"scope": {}})
    assert problem["code"] == "not_changeable"
    assert (await call(world, "PATCH", path, 422, body={}))["code"] == "nothing_to_change"
    await call(world, "DELETE", path, 204)
    assert (await call(world, "GET", path, 404))["code"] == "not_found"
    actions = await world.ledger.pool.fetch(
        "SELECT action FROM audit_log WHERE action LIKE 'budget%' ORDER BY id"
    )
    assert [row["action"] for row in actions] == ["budget_created", *["budget_changed"] * 3, "budget_deleted"]


async def test_removing_a_months_own_budget_gives_its_month_back(world: World, today: datetime) -> None:
    await world.store(event(timestamp=today.isoformat(), team="ops"))
    await put(world, budget_amount="1", scope={"team": "ops"})
    own = await put(world, budget_amount="2", scope={"team": "ops"}, month="2026-11")
    assert own["spent"] == "0.06"
    await call(world, "DELETE", f"/api/budgets/{own['id']}", 204)
    (standing,) = (await call(world, "GET", "/api/budgets"))["budgets"]
    assert (standing["spent"], standing["in_force"]) == ("0.06", True)


async def test_a_back_test_tells_what_would_have_fired(world: World, today: datetime) -> None:
    for days, calls in ((1, 3), (2, 2), (25, 4), (60, 1), (400, 9)):
        at = (today - timedelta(days=days)).isoformat()
        await world.store(*(event(timestamp=at, feature="search") for _ in range(calls)))
    asked = {"budget_amount": "0.24", "scope": {"feature": "search"}, "thresholds": ["0.5", "1"]}
    answer = await call(world, "POST", "/api/budgets/backtest?days=90", body=asked)
    assert answer["summary"] == (
        "These thresholds would have fired 4 times in the last 90 days, first on 26 October 2026."
    )
    assert [(alert["day"], alert["threshold"], alert["spend"]) for alert in answer["alerts"]] == [
        ("2026-10-26", "0.5", "0.24"),
        ("2026-10-26", "1", "0.24"),
        ("2026-11-18", "0.5", "0.12"),
        ("2026-11-19", "1", "0.3"),
    ]
    assert answer["thresholds"][0] == {"threshold": "0.5", "times": 2, "first": "2026-10-26"}
    assert [(period["period_start"], period["spent"]) for period in answer["periods"]] == [
        ("2026-09-01", "0.06"),
        ("2026-10-01", "0.24"),
        ("2026-11-01", "0.3"),
    ]
    # The days before the span count for the period that it begins in, and do not fire.
    answer = await call(world, "POST", "/api/budgets/backtest?days=1", body=asked)
    assert answer["summary"] == "These thresholds would not have fired today."
    assert (await call(world, "GET", "/api/budgets"))["budgets"] == []
    each = {**asked, "each": "user", "scope": {}}
    answer = await call(world, "POST", "/api/budgets/backtest", body=each)
    assert answer["summary"] == "Nothing that this budget counts was spent in the last 90 days."


async def test_a_budget_says_how_its_period_will_end(world: World, today: datetime) -> None:
    budget = await put(world, budget_amount="2", scope={"feature": "search"})
    path = f"/api/budgets/{budget['id']}"
    outlook = (await call(world, "GET", path))["outlook"]
    assert outlook["forecast"] is None
    assert outlook["reason"] == "nothing was spent in the 8 weeks before today"
    for days in range(1, 57):
        at = (today - timedelta(days=days)).isoformat()
        await world.store(event(timestamp=at, feature="search"), event(timestamp=at, feature="chat"))
    outlook = (await call(world, "GET", path))["outlook"]
    # 19 days and half of one, 10 and a half to come, 0.06 each.
    assert 1.7 < float(outlook["forecast"]["likely"]) < 1.9
    assert outlook["expected_on"] is None
    await call(world, "PATCH", path, body={"budget_amount": "1.5"})
    outlook = (await call(world, "GET", path))["outlook"]
    assert "2026-11-23" <= outlook["expected_on"] <= "2026-11-26"
    each = await put(world, budget_amount="2", each="user")
    assert (await call(world, "GET", f"/api/budgets/{each['id']}"))["outlook"] is None


async def test_what_takes_too_long_to_count_is_told(
    world: World, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(driver: Any, *_: Any, **__: Any) -> None:
        await driver.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr(backtests, "spend_by_day", slowly)
    monkeypatch.setattr(service, "_TIMEOUT_MS", 50)
    problem = await call(world, "POST", "/api/budgets/backtest", 422, {"budget_amount": "5"})
    assert problem["code"] == "too_much_to_count"


async def test_what_no_rollup_keeps_is_read_within_bounds(
    world: World, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.store(*(event(timestamp=today.isoformat(), feature="search", user="ada") for _ in range(3)))
    both = {"feature": "search", "user": "ada"}
    assert (await put(world, budget_amount="5", scope=both))["spent"] == "0.18"
    from llmlab_shared.db import budget_history

    monkeypatch.setattr(
        budget_history.spend_by_day,
        "__kwdefaults__",
        {
            **(budget_history.spend_by_day.__kwdefaults__ or {}),
            "most_events": 2,
        },
    )
    problem = await put(world, 422, budget_amount="5", scope={**both, "team": "ops"})
    assert problem["code"] == "too_much_to_count"
    assert "feature, team, user together" in problem["detail"]
