"""A workspace that cannot be looked at keeps no other from being told, and does not go unnoticed."""

import os
from datetime import timedelta

import pytest
from ledger import Ledger
from llmlab_worker.children import run_child
from llmlab_worker.outlook.anomalies import find_anomalies
from llmlab_worker.outlook.forecasts import forecast_budgets
from llmlab_worker.outlook.reports import send_reports
from llmlab_worker.outlook.tenants import SomeFailed, Tenant, for_each_tenant, looking_at
from outlook_days import NOON, TODAY, Calls, Days
from sqlalchemy.ext.asyncio import AsyncEngine


async def test_one_that_fails_keeps_no_other_from_being_told(
    ledger: Ledger, engine: AsyncEngine, database_url: str
) -> None:
    broken, whole = await Days.open(ledger), await Days.open(ledger)
    for days in (broken, whole):
        await ledger.budget(days.id, "750")
        await days.usual(40)
        await days.fill([Calls(TODAY, "90")])
    await ledger.pool.execute("UPDATE workspaces SET timezone = 'Mars/Olympus' WHERE id = $1", broken.id)
    monday = NOON - timedelta(days=2)
    for work, kind, at in (
        (forecast_budgets, "budget_forecast", NOON),
        (find_anomalies, "spend_anomaly", NOON),
        (send_reports, "report", monday),
    ):
        with pytest.raises(SomeFailed) as some:
            await work(engine, at)
        assert (some.value.failed, some.value.made) == (1, 1), kind
        assert len(await whole.messages(kind)) == 1
    assert await broken.messages("report") == []
    await ledger.pool.execute("UPDATE rollup_day SET day = day + (current_date - $1::date)", TODAY)
    assert await run_child(database_url, "llmlab_worker.outlook", "anomalies") == os.EX_SOFTWARE


async def test_whose_days_begin_to_be_rebuilt_is_told_of_when_they_are_right_again(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    whole, changing = await Days.open(ledger), await Days.open(ledger)
    for days in (whole, changing):
        await days.fill([Calls(TODAY, "90")])
    seen: list[int] = []

    async def look(tenant: Tenant) -> int:
        async with looking_at(engine, tenant):
            seen.append(tenant.id)
        # After the list of workspaces was read, and before the next of them is looked at.
        await ledger.pool.execute(
            "INSERT INTO calendar_rebuilds (workspace_id, first_day, next_day, last_day) "
            "VALUES ($1, $2, $2, $2)",
            changing.id,
            TODAY,
        )
        return 1

    assert await for_each_tenant(engine, TODAY, NOON, look) == 1
    await ledger.budget(changing.id, "750")
    await changing.usual(40)
    assert await forecast_budgets(engine, NOON) == 0
    await ledger.pool.execute("DELETE FROM calendar_rebuilds")
    assert await forecast_budgets(engine, NOON) == 1
    assert seen == [whole.id]
