"""A workspace that cannot be looked at keeps no other from being told, and does not go unnoticed."""

import os
from datetime import timedelta

import pytest
from ledger import Ledger
from llmlab_worker.children import run_child
from llmlab_worker.outlook.anomalies import find_anomalies
from llmlab_worker.outlook.forecasts import forecast_budgets
from llmlab_worker.outlook.reports import send_reports
from llmlab_worker.outlook.tenants import SomeFailed
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
