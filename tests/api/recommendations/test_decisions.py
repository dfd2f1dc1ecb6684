"""Accepting, dismissing, snoozing, reopening; and what an accepted recommendation really saved."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
from histories import call, days_ago, report, set_price, spaced
from llmlab_api.recommendations import reading, verification
from llmlab_shared import clock
from world import World


async def decide(world: World, one: str, decision: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await world.client.post(
        f"/api/recommendations/{one}/{decision}", json=body, headers=world.account.auth
    )


async def gpt4_calls(world: World, count: int = 60, days: int = 10) -> str:
    """60 calls of 0.09 USD on gpt-4, which ask to be switched to gpt-4o; returns the id of that."""
    await world.store(*spaced(count, 60, days_ago(days), "gpt-4", 2000, 500, provider="openai"))
    answer = await report(world)
    found: str = next(one["id"] for one in answer["recommendations"] if one["kind"] == "switch_model")
    return found


async def shown(world: World, one: str, **parameters: Any) -> dict[str, Any] | None:
    answer = await report(world, **parameters)
    return next((each for each in answer["recommendations"] if each["id"] == one), None)


async def audited(world: World) -> list[tuple[str, str, str]]:
    rows = await world.ledger.pool.fetch(
        "SELECT actor, action, target FROM audit_log WHERE workspace_id = $1 AND action LIKE 'recommend%' "
        "ORDER BY id",
        world.account.workspace_id,
    )
    return [tuple(row) for row in rows]


async def test_a_decision_shows_at_once_and_sticks(world: World) -> None:
    switch = await gpt4_calls(world)
    other = await world.another()
    assert await gpt4_calls(other) == switch
    dismissed = (await decide(world, switch, "dismiss", {"note": "not this year"})).json()
    assert (dismissed["state"], dismissed["note"]) == ("dismissed", "not this year")
    assert await shown(world, switch) is None
    # More calls, other figures, the same recommendation.
    await world.store(*spaced(60, 60, days_ago(4), "gpt-4", 2000, 500, provider="openai"))
    assert await shown(world, switch) is None
    there = await shown(world, switch, state=["dismissed"])
    assert there is not None
    assert (there["saving_month"], there["current"]) == ("9.6", True)
    # Nobody else's is touched.
    theirs = await shown(other, switch)
    assert theirs is not None
    assert theirs["state"] == "open"
    assert (await decide(other, switch, "dismiss")).status_code == 200
    again = await decide(world, switch, "reopen")
    assert (again.status_code, again.json()["state"]) == (200, "open")
    assert await shown(world, switch) is not None
    assert (await decide(world, switch, "reopen")).json()["code"] == "already_open"
    me = f"user:{world.account.user['id']}"
    assert await audited(world) == [
        (me, "recommendation_dismissed", f"recommendation:{switch}"),
        (me, "recommendation_reopened", f"recommendation:{switch}"),
    ]
    assert await shown(other, switch) is None
    assert len(await audited(other)) == 1


async def test_a_snoozed_one_comes_back_by_itself(world: World) -> None:
    switch = await gpt4_calls(world)
    await world.zone("Europe/Berlin")
    tomorrow = (clock.now() + timedelta(days=30)).date()
    answer = (await decide(world, switch, "snooze", {"until": tomorrow.isoformat()})).json()
    assert answer["state"] == "snoozed"
    assert answer["until"].startswith((tomorrow - timedelta(days=1)).isoformat())  # midnight of Berlin
    assert await shown(world, switch) is None
    await world.ledger.pool.execute("UPDATE recommendation_states SET until = now() - interval '1 second'")
    there = await shown(world, switch)
    assert there is not None
    assert (there["state"], there["until"]) == ("open", None)
    assert (await decide(world, switch, "snooze", {"days": 3})).status_code == 200
    assert await shown(world, switch) is None


async def test_what_makes_no_sense_is_refused_with_what_to_mend(world: World) -> None:
    switch = await gpt4_calls(world)
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()
    far = (clock.now() + timedelta(days=400)).date().isoformat()
    cases: list[tuple[str, dict[str, Any] | None, int, str]] = [
        ("snooze", {}, 422, "missing_field"),
        ("snooze", {"days": 3, "until": far}, 422, "missing_field"),
        ("snooze", {"until": yesterday}, 422, "bad_range"),
        ("snooze", {"until": far}, 422, "bad_range"),
        ("snooze", {"until": "soon"}, 422, "bad_timestamp"),
        ("snooze", {"days": 0}, 422, "invalid_request"),
        ("snooze", {"day": 3}, 422, "invalid_request"),
        ("dismiss", {"note": "a\x00b"}, 422, "invalid_request"),
        ("accept", {"notes": "x"}, 422, "invalid_request"),
        ("snooze", None, 422, "invalid_request"),
    ]
    for decision, body, status, code in cases:
        response = await decide(world, switch, decision, body)
        assert response.status_code == status, (decision, body, response.text)
        assert code in (response.json()["code"], "invalid_request"), (decision, body, response.text)
    missing = await decide(world, "switch_model-000000000000", "accept")
    assert (missing.status_code, missing.json()["code"]) == (404, "recommendation_not_found")
    reader = await world.client.post(f"/api/recommendations/{switch}/accept", headers=world.account.key_auth)
    assert reader.json()["code"] == "insufficient_scope"
    assert (await world.get("/api/recommendations", state="closed")).status_code == 422
    assert await audited(world) == []


async def _accepted_days_ago(world: World, one: str, days: int) -> None:
    response = await decide(world, one, "accept", {"note": "moving"})
    assert response.status_code == 200, response.text
    await world.ledger.pool.execute("UPDATE recommendation_states SET decided_at = $1", days_ago(days))


async def test_what_was_really_saved_at_constant_volume(world: World) -> None:
    """60 calls of 0.09 before; after it 40 of the same work on gpt-4o at 0.01: (0.09 − 0.01) × 40 = 3.2."""
    switch = await gpt4_calls(world)
    await _accepted_days_ago(world, switch, 5)
    first = await shown(world, switch)
    assert first is not None
    assert first["verified"]["reason"] == "0 calls since, of the 20 that it takes"
    # On the day of the decision itself nothing is measured.
    await world.store(
        *spaced(30, 60, days_ago(5, hour=12), "gpt-4o-2024-08-06", 2000, 500, provider="openai")
    )
    await world.store(*spaced(40, 60, days_ago(3), "gpt-4o-2024-08-06", 2000, 500, provider="openai"))
    there = await shown(world, switch)
    assert there is not None
    assert (there["state"], there["note"]) == ("accepted", "moving")
    assert there["title"] == "Switch from gpt-4 to gpt-4o"
    measured = there["verified"]
    assert measured["since"] == days_ago(4).date().isoformat()
    assert (measured["calls"], measured["saving"], measured["reason"]) == (40, "3.2", None)
    assert (measured["low"], measured["high"]) == ("3.2", "3.2")
    assert (measured["baseline_cost_per_call"], measured["cost_per_call"]) == ("0.09", "0.01")
    # Accepting again keeps what it is measured against.
    again = (await decide(world, switch, "accept")).json()
    assert again["verified"]["saving"] == "3.2"


async def test_the_range_is_of_the_days_before_and_dearer_is_said(world: World) -> None:
    """Days of 0.01, 0.02, 0.03, 0.04 USD a call, 30 calls each: 0.025 on average.

    Quartiles of four days are the second and the fourth: 0.02 and 0.04. Afterwards 20 calls at 0.05 cost
    0.5 more, between 0.6 and 0.2.
    """
    await set_price(world, "m", {"input": "10", "output": "0"})
    for day, tokens in enumerate((1000, 2000, 3000, 4000)):
        await world.store(*spaced(30, 60, days_ago(10 + day), "m", tokens, feature="f"))
    answer = await report(world)
    shorten = next(one["id"] for one in answer["recommendations"] if one["kind"] == "shorten_prompts")
    await _accepted_days_ago(world, shorten, 6)
    await world.store(*spaced(20, 60, days_ago(2), "m", 5000, feature="f"))
    there = await shown(world, shorten)
    assert there is not None
    measured = there["verified"]
    assert (measured["low"], measured["saving"], measured["high"]) == ("-0.6", "-0.5", "-0.2")


async def test_mended_errors_are_measured_by_the_answer(world: World) -> None:
    """50 answers and 50 errors of 0.01 each: 0.02 an answer. Afterwards 40 answers at 0.01: 0.4 saved."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    await world.store(*spaced(50, 60, days_ago(10), "m", 1000, feature="f"))
    await world.store(*spaced(50, 60, days_ago(10), "m", 1001, status="error", feature="f"))
    await world.store(
        call(days_ago(9), "m", 950, status="error", feature="f")
    )  # 1.01 / 50 would not be round
    answer = await report(world)
    failed = next(one["id"] for one in answer["recommendations"] if one["kind"] == "failed_calls")
    await _accepted_days_ago(world, failed, 5)
    baseline = json.loads(await world.ledger.pool.fetchval("SELECT baseline FROM recommendation_states"))
    assert (baseline["calls"], baseline["spend"]) == (50, "1.01")
    await world.store(*spaced(40, 60, days_ago(3), "m", 1000, feature="f"))
    there = await shown(world, failed)
    assert there is not None
    assert there["verified"]["saving"] == "0.408"  # (0.0202 − 0.01) × 40


async def test_what_is_followed_stays_shown_though_its_calls_are_gone(world: World) -> None:
    switch = await gpt4_calls(world, days=29)
    await _accepted_days_ago(world, switch, 5)
    # As if these calls had been long ago.
    await world.ledger.pool.execute("DELETE FROM rollup_day WHERE model = 'gpt-4'")
    world.app.state.services.advice.forget(world.account.workspace_id)
    there = await shown(world, switch)
    assert there is not None
    assert (there["current"], there["state"], there["saving_month"]) == (False, "accepted", "4.8")
    assert (await decide(world, switch, "reopen")).status_code == 200
    assert await shown(world, switch) is None
    assert (await decide(world, switch, "accept")).status_code == 404


async def test_ended_snoozes_leave_room_for_other_decisions(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("llmlab_api.recommendations.decisions.MAX_DECISIONS", 1)
    switch = await gpt4_calls(world)
    shorten = next(
        one["id"] for one in (await report(world))["recommendations"] if one["kind"] == "shorten_prompts"
    )
    assert (await decide(world, switch, "snooze", {"days": 3})).status_code == 200
    assert (await decide(world, shorten, "dismiss")).json()["code"] == "too_many_decisions"
    await world.ledger.pool.execute("UPDATE recommendation_states SET until = now() - interval '1 second'")
    assert (await decide(world, shorten, "dismiss")).status_code == 200
    left = await world.ledger.pool.fetch("SELECT recommendation_id FROM recommendation_states")
    assert [row["recommendation_id"] for row in left] == [shorten]


async def test_advice_is_worked_out_once_and_measured_only_where_it_is_asked_for(
    world: World, monkeypatch: Any
) -> None:
    read, measured = [], []

    async def reading_history(*asked: Any) -> Any:
        read.append(asked)
        return await read_history(*asked)

    async def measuring(*asked: Any, **about: Any) -> dict[str, Any]:
        measured.append(asked)
        return await verify(*asked, **about)

    read_history, verify = reading._read_history, verification.verify
    monkeypatch.setattr(reading, "_read_history", reading_history)
    monkeypatch.setattr(verification, "verify", measuring)
    await world.store(*spaced(60, 60, days_ago(9), "gpt-4", 2000, 500, provider="openai"))
    first, *others = await asyncio.gather(*(report(world) for _ in range(4)))
    assert all(other == first for other in others)
    assert len(read) == 1
    ids = {one["kind"]: one["id"] for one in first["recommendations"]}
    assert (await decide(world, ids["switch_model"], "accept")).status_code == 200
    measured.clear()
    assert (await decide(world, ids["shorten_prompts"], "dismiss")).status_code == 200
    assert measured == []
