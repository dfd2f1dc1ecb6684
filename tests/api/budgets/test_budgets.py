"""Budgets over HTTP, with spend that comes through the worker's pipeline."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from ledger import entry_of, event
from llmlab_shared import clock
from world import World

# An event of the reference price costs 0.06.


async def put(world: World, status: int = 200, **body: Any) -> dict[str, Any]:
    response = await world.client.post("/api/budgets", json=body, headers=world.account.auth)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def listed(world: World) -> list[dict[str, Any]]:
    response = await world.get("/api/budgets")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["budgets"]
    return found


async def the_budget(world: World) -> dict[str, Any]:
    (budget,) = await listed(world)
    return budget


async def test_a_budget_alerts_once_at_eighty_percent(world: World) -> None:
    month = clock.now().date().replace(day=1)
    created = await put(world, 201, budget_amount="0.6")
    assert created == {
        "id": created["id"],
        "name": "Monthly budget",
        "scope": {},
        "each": None,
        "period": "month",
        "month": None,
        "period_start": str(month),
        "period_end": str((month + timedelta(days=31)).replace(day=1)),
        "counts_from": None,
        "budget_amount": "0.6",
        "amounts": [{"from": str(month), "amount": "0.6"}],
        "thresholds": ["0.5", "0.8", "1"],
        "spent": "0",
        "alert_sent": False,
        "in_force": True,
        "paused": False,
        "channels": [],
        "alerts": [],
        "alerts_count": 0,
        "notes": [],
    }
    await world.store(*(event() for _ in range(7)))
    budget = await the_budget(world)
    assert (budget["spent"], budget["alert_sent"]) == ("0.42", False)
    assert [alert["threshold"] for alert in budget["alerts"]] == ["0.5"]
    await world.store(event())
    await world.store(event())
    budget = await the_budget(world)
    assert (budget["spent"], budget["alert_sent"]) == ("0.54", True)
    assert [(alert["threshold"], alert["spend"]) for alert in budget["alerts"]] == [
        ("0.5", "0.42"),
        ("0.8", "0.48"),
    ]
    assert datetime.fromisoformat(budget["alerts"][0]["crossed_at"]) <= clock.now()
    assert await world.ledger.count("budget_crossings") == await world.ledger.count("outbox") == 2


async def test_what_was_spent_before_counts_and_tells(world: World) -> None:
    await world.store(*(event() for _ in range(9)))
    await world.store(event(timestamp="2026-10-05T00:00:00Z"))
    budget = await put(world, 201, budget_amount=0.6)
    assert (budget["spent"], budget["alert_sent"]) == ("0.54", True)
    payloads = await world.ledger.pool.fetch("SELECT payload::text FROM outbox ORDER BY id")
    assert len(payloads) == 2
    await put(world, 200, budget_amount="0.600")
    assert await world.ledger.count("outbox") == 2
    # Told in the same words as by the worker.
    await put(world, 200, budget_amount="0.595")
    await world.store(event())

    shapes = {
        tuple(sorted(json.loads(row["payload"])))
        for row in await world.ledger.pool.fetch("SELECT payload::text FROM outbox")
    }
    assert len(shapes) == 1
    assert await world.ledger.count("outbox") == 5


async def test_a_months_own_budget_takes_its_month(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # The machine's own month may end in the middle of a test.
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    november, october = event(timestamp="2026-11-19T00:00:00Z"), event(timestamp="2026-10-05T00:00:00Z")
    await put(world, 201, budget_amount="100")
    await world.store(november, october)
    own = await put(world, 201, budget_amount="0.1", month="2026-11", name="Tight")
    assert (own["name"], own["month"], own["spent"], own["in_force"]) == ("Tight", "2026-11", "0.06", True)
    assert own["amounts"] == [{"from": "2026-11-01", "amount": "0.1"}]
    await world.store(november, october)
    standing, own = await listed(world)
    assert (standing["month"], standing["spent"], standing["in_force"]) == (None, "0", False)
    assert (own["spent"], own["alert_sent"]) == ("0.12", True)
    last = await put(world, 201, budget_amount="0.1", month="2026-10")
    assert (last["spent"], last["alert_sent"], last["in_force"]) == ("0.12", True, False)
    assert [budget["month"] for budget in await listed(world)] == [None, "2026-10", "2026-11"]
    # Alerts of a month that is over are recorded, and nobody is told.
    months = await world.ledger.pool.fetch(
        "SELECT DISTINCT payload ->> 'period_start' AS month FROM outbox ORDER BY 1"
    )
    assert [row["month"] for row in months] == ["2026-11-01"]


async def test_months_begin_in_the_workspaces_zone(world: World) -> None:
    await world.zone("Asia/Kathmandu")
    await world.store(event(timestamp="2026-10-31T18:14:59.999999Z"))
    await world.store(event(timestamp="2026-10-31T18:15:00Z"), event(timestamp="2026-11-05T00:00:00Z"))
    november = await put(world, 201, budget_amount="1", month="2026-11")
    october = await put(world, 201, budget_amount="1", month="2026-10")
    assert (november["spent"], october["spent"]) == ("0.12", "0.06")
    await world.store(event(timestamp="2026-10-31T18:14:59Z"), event(timestamp="2026-10-31T18:15:00Z"))
    assert {budget["month"]: budget["spent"] for budget in await listed(world)} == {
        "2026-10": "0.12",
        "2026-11": "0.18",
    }


async def test_a_budget_made_beside_running_spend_misses_none_of_it(world: World) -> None:
    workers = [world.ledger.another() for _ in range(3)]
    workspace = world.account.workspace_id

    async def work(number: int) -> None:
        for _ in range(15):
            await workers[number].process(entry_of(event(), event(), workspace_id=workspace))

    async def change() -> None:
        for amount in ("1", "3", "2"):
            await asyncio.sleep(0.05)
            await put(world, 201 if amount == "1" else 200, budget_amount=amount)

    await asyncio.gather(work(0), work(1), work(2), change())
    budget = await the_budget(world)
    assert budget["spent"] == "5.4"  # 90 × 0.06
    assert [alert["threshold"] for alert in budget["alerts"]] == ["0.5", "0.8", "1"]


async def test_the_workspaces_threshold_is_what_alert_sent_speaks_of(world: World) -> None:
    await world.client.patch(
        "/api/auth/me",
        json={"budget_alert_threshold": "0.9", "monthly_budget": "0.6"},
        headers=world.account.auth,
    )
    assert (await the_budget(world))["thresholds"] == ["0.5", "0.8", "0.9", "1"]
    await world.store(*(event() for _ in range(8)))
    assert (await the_budget(world))["alert_sent"] is False
    await world.store(event())
    assert (await the_budget(world))["alert_sent"] is True
    # A budget with thresholds of its own speaks of the next one above.
    budget = await put(world, 200, budget_amount="0.6", thresholds=["0.2", "0.95"])
    assert (budget["thresholds"], budget["alert_sent"]) == (["0.2", "0.95"], False)
    await world.store(event())
    assert (await the_budget(world))["alert_sent"] is True


async def test_amounts_keep_every_digit(world: World) -> None:
    for text, wire in (
        ("123456789012.123456789012", "123456789012.123456789012"),
        ("1e-12", "0.000000000001"),
        ("1000000000000", "1000000000000"),
        ('"5.50"', "5.5"),
        ("0.1", "0.1"),
    ):
        response = await world.client.post(
            "/api/budgets", content=b'{"budget_amount": %s}' % text.encode(), headers=world.account.auth
        )
        assert response.json()["budget_amount"] == wire, response.text


SENSELESS: list[tuple[bytes, int | None, str | None]] = [
    (b"", 400, "malformed_json"),
    (b"{", 400, "malformed_json"),
    (b"\xff", 400, "malformed_json"),
    (b"[" * 100_000, 413, "body_too_large"),
    (b'{"budget_amount": 1, "scope": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, None),
    (b'{"budget_amount": 1, "scope": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}", None, None),
    (b"[]", 422, "wrong_type"),
    (b"{}", 422, "missing_field"),
    (b'{"budget_amount": null}', 422, "missing_field"),
    (b'{"budget_amount": true}', 422, "wrong_type"),
    (b'{"budget_amount": "much"}', 422, "wrong_type"),
    (b'{"budget_amount": 0}', 422, "out_of_range"),
    (b'{"budget_amount": -1}', 422, "out_of_range"),
    (b'{"budget_amount": "NaN"}', 422, "wrong_type"),
    (b'{"budget_amount": "Infinity"}', 422, "wrong_type"),
    (b'{"budget_amount": "1e3"}', 422, "wrong_type"),
    (b'{"budget_amount": "1_000"}', 422, "wrong_type"),
    (b'{"budget_amount": " 1 "}', 422, "wrong_type"),
    (b'{"budget_amount": ""}', 422, "wrong_type"),
    (b'{"budget_amount": [1]}', 422, "wrong_type"),
    (b'{"budget_amount": 1e999999999}', 422, "out_of_range"),
    (b'{"budget_amount": 1e-999999999}', 422, "out_of_range"),
    (b'{"budget_amount": 1000000000000.000000000001}', 422, "out_of_range"),
    (b'{"budget_amount": 0.0000000000001}', 422, "out_of_range"),
    (b'{"budget_amount": 999999999999.0000000000000000000000000001}', 422, "out_of_range"),
    (b'{"budget_amount": 1, "amount": 2}', 422, "unknown_field"),
    (b'{"budget_amount": 1, "month": "2026-13"}', 422, "bad_month"),
    (b'{"budget_amount": 1, "month": "11/2026"}', 422, "bad_month"),
    (b'{"budget_amount": 1, "month": "0001-01"}', 422, "bad_month"),
    (b'{"budget_amount": 1, "month": 202611}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "name": ""}', 422, "bad_name"),
    (b'{"budget_amount": 1, "name": "a\\u0000b"}', 422, "bad_name"),
    (b'{"budget_amount": 1, "name": "' + b"x" * 101 + b'"}', 422, "bad_name"),
    (b'{"budget_amount": 1, "thresholds": []}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": ["0.8", "0.5"]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": ["0.5", "0.50"]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": [0]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": ["10.1"]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": ["0.12345"]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": [1,2,3,4,5,6,7,8,9,9.5,10]}', 422, "bad_thresholds"),
    (b'{"budget_amount": 1, "thresholds": "0.8"}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "scope": {"featur": "search"}}', 422, "bad_scope"),
    (b'{"budget_amount": 1, "scope": {"feature": ""}}', 422, "bad_scope"),
    (b'{"budget_amount": 1, "scope": {"feature": ["a", "b"]}}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "scope": {"feature": "a\\u0000b"}}', 422, "nul_byte"),
    (b'{"budget_amount": 1, "scope": {"feature": "' + b"x" * 257 + b'"}}', 422, "bad_scope"),
    (b'{"budget_amount": 1, "scope": {"api_key": "llmlab_abc"}}', 422, "bad_scope"),
    (b'{"budget_amount": 1, "scope": {"tag": "blue"}}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "scope": {"tag": {"squad": "blue"}}}', 422, "tag_not_declared"),
    (b'{"budget_amount": 1, "scope": []}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "period": "fortnight"}', 422, "bad_period"),
    (b'{"budget_amount": 1, "period": "week", "month": "2026-11"}', 422, "bad_month"),
    (b'{"budget_amount": 1, "each": ""}', 422, "bad_each"),
    (b'{"budget_amount": 1, "each": "feature"}', 422, "bad_each"),
    (b'{"budget_amount": 1, "amounts": []}', 422, "ambiguous"),
    (b'{"amounts": []}', 422, "bad_amounts"),
    (b'{"amounts": [{"from": "2026-11-01"}]}', 422, "bad_amounts"),
    (b'{"amounts": [{"from": "2026-11-02", "amount": 1}]}', 422, "bad_date"),
    (b'{"amounts": [{"from": "2026-13-01", "amount": 1}]}', 422, "bad_date"),
    (
        b'{"amounts": [{"from": "2026-12-01", "amount": 1}, {"from": "2026-12-01", "amount": 2}]}',
        422,
        None,
    ),
    (
        b'{"amounts": [{"from": "2026-12-01", "amount": 1}, {"from": "2026-11-01", "amount": 2}]}',
        422,
        None,
    ),
    (b'{"amounts": [{"from": "2026-12-01", "amount": -1}]}', 422, "out_of_range"),
    (b'{"budget_amount": 1, "from": "tomorrow"}', 422, "bad_date"),
    (b'{"budget_amount": 1, "from": "2026-11-01", "month": "2026-11"}', 422, "ambiguous"),
    (b'{"budget_amount": 1, "paused": "yes"}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "channels": [987654]}', 422, "bad_channels"),
    (b'{"budget_amount": 1, "channels": 1}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "thresholds": [true]}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "thresholds": ["0_5"]}', 422, "wrong_type"),
    (b'{"budget_amount": 1, "name": "\xff"}', 400, "malformed_json"),
    (b'{"budget_amount": 1, "name": "\\ud800"}', 400, "malformed_json"),
]


async def test_bodies_that_make_no_sense(world: World) -> None:
    for body, status, code in SENSELESS:
        response = await world.client.post("/api/budgets", content=body, headers=world.account.auth)
        assert response.headers["content-type"] == "application/problem+json", body[:200]
        allowed = (400, 422) if status is None else (status,)
        assert response.status_code in allowed, (body[:200], response.text)
        assert code in (None, response.json()["code"]), (body[:200], response.text)
        assert len(response.json()["detail"]) < 600
        for error in response.json().get("errors", []):
            # Named and explained in words of the budget's, not of the decoder's.
            assert f"`{error['field']}`" in error["message"] or error["field"] == "body", error
            assert not set("$") & set(error["message"]), error
            assert "Expected" not in error["message"], error
    assert await listed(world) == []


async def test_null_and_what_is_usual_are_the_same_as_nothing(world: World) -> None:
    usual = {"month": None, "name": None, "thresholds": None, "scope": {}, "each": None, "period": "month"}
    assert (await put(world, 201, budget_amount="5", **usual))["name"] == "Monthly budget"
    await put(world, 200, budget_amount="5", scope=None, period=None)


async def test_a_field_that_is_mistyped_is_named_with_its_nearest(world: World) -> None:
    answer = await put(world, 422, budget_amout="5")
    assert answer["errors"][0]["field"] == "budget_amout"
    assert "did you mean `budget_amount`?" in answer["detail"]
    answer = await put(world, 422, budget_amount="5", scope={"custmer": "acme"})
    assert "did you mean customer?" in answer["detail"]


async def test_pages(world: World) -> None:
    for month in (None, "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        body = {"budget_amount": "5", "month": month}
        await world.client.post("/api/budgets", json=body, headers=world.account.auth)
    whole = (await world.get("/api/budgets")).json()
    assert (len(whole["budgets"]), whole["next_cursor"]) == (6, None)
    pages: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 3}
    while asked.get("cursor", "") is not None:
        pages.append((await world.get("/api/budgets", **asked)).json())
        asked["cursor"] = pages[-1]["next_cursor"]
    assert [len(page["budgets"]) for page in pages] == [3, 3]
    assert pages[0]["budgets"] + pages[1]["budgets"] == whole["budgets"]
    response = await world.get("/api/budgets", cursor=10**9)
    assert (response.status_code, response.json()["code"]) == (422, "bad_cursor")


async def test_setting_a_budget_needs_the_scope_admin(world: World) -> None:
    response = await world.client.post(
        "/api/budgets", json={"budget_amount": 1}, headers=world.account.key_auth
    )
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert (await world.client.get("/api/budgets", headers=world.account.key_auth)).status_code == 200


async def test_who_set_it_is_in_the_audit_log(world: World) -> None:
    await put(world, 201, budget_amount="1")
    await put(world, 200, budget_amount="2")
    rows = await world.ledger.pool.fetch(
        "SELECT action, actor FROM audit_log WHERE action LIKE 'budget%' ORDER BY id"
    )
    person = f"user:{world.account.user['id']}"
    assert [tuple(row) for row in rows] == [("budget_created", person), ("budget_changed", person)]


async def test_a_standing_budget_is_none_of_the_others_business(world: World) -> None:
    other = await world.another()
    await put(world, 201, budget_amount="0.1")
    await put(other, 201, budget_amount="0.2")
    await other.store(event(), event())
    assert (await the_budget(world))["spent"] == "0"
    mine = await the_budget(other)
    assert (mine["spent"], mine["budget_amount"], mine["alert_sent"]) == ("0.12", "0.2", False)
    assert date.fromisoformat(mine["amounts"][0]["from"]) == clock.now().date().replace(day=1)
