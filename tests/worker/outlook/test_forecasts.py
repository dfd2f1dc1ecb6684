"""Budgets that will be used up are told of once, with the figures of the workspace alone."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from ledger import Ledger
from llmlab_worker.notify.notice import Workspace
from llmlab_worker.notify.outlook_notices import budget_forecast
from llmlab_worker.outlook import budgets
from llmlab_worker.outlook.forecasts import forecast_budgets
from outlook_days import NOON, TODAY, Calls, Days
from sqlalchemy.ext.asyncio import AsyncEngine


async def test_a_budget_that_will_be_used_up_is_told_of_once(ledger: Ledger, engine: AsyncEngine) -> None:
    spender = await Days.open(ledger, "Asia/Kolkata")
    careful = await Days.open(ledger)
    budget = await ledger.budget(spender.id, "750")
    await ledger.budget(careful.id, "2000")
    for days in (spender, careful):
        await days.usual(40)
    # Beside each other, and again: there is one message.
    assert sum(await asyncio.gather(*(forecast_budgets(engine, NOON) for _ in range(3)))) == 1
    assert await forecast_budgets(engine, NOON + timedelta(days=1)) == 0
    assert await careful.messages("budget_forecast") == []
    (message,) = await spender.messages("budget_forecast")
    payload = message["payload"]
    assert message["dedupe_key"] == f"{budget}::2025-06-01:1"
    # 17 days are spent, half of the 18th is over without a call, twelve more are to come.
    assert (payload["spend"], payload["amount"], payload["period_end"]) == ("510", "750", "2025-07-01")
    assert Decimal("800") < Decimal(payload["forecast"]["likely"]) < Decimal("900")
    expected_on, first, last = (
        date.fromisoformat(day) for day in (payload["expected_on"], *payload["range"])
    )
    assert date(2025, 6, 24) <= first <= expected_on <= last <= date(2025, 6, 29)
    notice = budget_forecast(payload, Workspace("Acme", "https://llm.example"))
    assert notice.title == f"On this course b passes 100 % on {expected_on:%a} {expected_on.day} June"
    assert notice.link == "https://llm.example/budgets"
    assert "$510.00 is spent so far" in notice.summary


async def test_a_changed_amount_is_told_of_anew(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await Days.open(ledger)
    budget = await ledger.budget(days.id, "750")
    await days.usual(40)
    assert await forecast_budgets(engine, NOON) == 1
    await ledger.pool.execute(
        "UPDATE budget_amounts SET amount = 700, revision = 2 WHERE budget_id = $1", budget
    )
    assert await forecast_budgets(engine, NOON) == 1
    assert [message["payload"]["amount"] for message in await days.messages("budget_forecast")] == [
        "750",
        "700",
    ]


async def test_nothing_is_said_of_what_is_used_up_unknown_or_unwanted(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    used_up, young, silent = [await Days.open(ledger) for _ in range(3)]
    await ledger.budget(used_up.id, "100")
    await ledger.budget(young.id, "300")
    await ledger.budget(silent.id, "750")
    await used_up.usual(40)
    await young.usual(9)
    await silent.usual(40)
    await ledger.pool.execute(
        "INSERT INTO notification_settings (workspace_id, forecasts) VALUES ($1, false)", silent.id
    )
    assert await forecast_budgets(engine, NOON) == 0


async def test_days_weeks_quarters_and_years_have_forecasts_too(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await Days.open(ledger)
    for period, amount in (("day", 50), ("week", 200), ("month", 700), ("quarter", 1900), ("year", 5000)):
        await ledger.budget(days.id, str(amount), period=period)
    await days.usual(56)
    await days.fill([Calls(TODAY, "45")])
    # A minute past ten, when every day's calls come: nearly all of a usual day is still ahead.
    assert await forecast_budgets(engine, NOON - timedelta(hours=1, minutes=59)) == 5
    told = [message["payload"] for message in await days.messages("budget_forecast")]
    assert {one["period"]: (one["period_start"], one["period_end"]) for one in told} == {
        "day": ("2025-06-18", "2025-06-19"),
        "week": ("2025-06-16", "2025-06-23"),
        "month": ("2025-06-01", "2025-07-01"),
        "quarter": ("2025-04-01", "2025-07-01"),
        "year": ("2025-01-01", "2026-01-01"),
    }
    assert told[0]["expected_on"] == TODAY.isoformat()


async def test_a_budget_of_a_part_and_one_for_each_are_foreseen_by_what_they_count(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days = await Days.open(ledger)
    part = await ledger.budget(days.id, "700", scope={"team": "search"})
    each = await ledger.budget(days.id, "700", each="user")
    # No rollup keeps both of them.
    both = await ledger.budget(days.id, "80", scope={"team": "chat", "user": "bob"})
    await ledger.budget(days.id, "200", scope={"team": "chat", "model": "gpt-4"})
    paused = await ledger.budget(days.id, "700", scope={"user": "ann"})
    await ledger.pool.execute("UPDATE budgets SET paused = true WHERE id = $1", paused)
    await ledger.pool.execute("UPDATE budgets SET channels = '{4}' WHERE id = $1", part)
    await days.usual(40, "30", team="search", user="ann")
    await days.usual(40, "3", team="chat", user="bob")
    assert await forecast_budgets(engine, NOON) == 3
    told = await days.messages("budget_forecast")
    assert [(one["payload"]["budget_id"], one["payload"]["value"], one["channels"]) for one in told] == [
        (part, "", [4]),
        (each, "ann", None),
        (both, "", None),
    ]
    notice = budget_forecast(told[1]["payload"], Workspace("Acme", None))
    assert ("Counts", "user ann") in notice.facts


async def test_what_is_used_up_or_told_takes_no_others_place(
    ledger: Ledger, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_VALUES", 1)
    days = await Days.open(ledger)
    await ledger.budget(days.id, "750", each="user")
    for user, usd in (("used-up", "60"), ("first", "33"), ("second", "30")):
        await days.usual(20, usd, user=user)
    for user in ("first", "second"):
        assert await forecast_budgets(engine, NOON) == 1
        assert (await days.messages("budget_forecast"))[-1]["payload"]["value"] == user
    assert await forecast_budgets(engine, NOON) == 0
