"""Rollups equal the events they cover, in every tier and zone; what does not is found and mended."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.clock import to_us
from llmlab_worker.jobs.reconcile import differences, rebuild

LAST_MINUTE = datetime(2026, 10, 31, 18, 14, 59, tzinfo=UTC)
AT_US = to_us(LAST_MINUTE + timedelta(days=1))


def at(instant: datetime, **fields: object) -> dict[str, object]:
    return event(id=str(v7(instant)), timestamp=instant.isoformat(), **fields)


async def test_days_and_months_end_where_the_workspaces_zone_says(ledger: Ledger) -> None:
    workspace = await ledger.workspace(zone="Asia/Kathmandu")  # +05:45: midnight is 18:15 UTC
    await ledger.price()
    budget = await ledger.budget(workspace, "100")
    entry = entry_of(
        at(LAST_MINUTE), at(LAST_MINUTE + timedelta(seconds=1)), workspace_id=workspace, at_us=AT_US
    )
    await ledger.process(entry)
    days = await ledger.pool.fetch("SELECT day, events FROM rollup_day ORDER BY day")
    assert [tuple(row) for row in days] == [(date(2026, 10, 31), 1), (date(2026, 11, 1), 1)]
    spend = await ledger.pool.fetch("SELECT budget_id, period_start, spend FROM budget_spend ORDER BY 2")
    assert [tuple(row) for row in spend] == [
        (budget, date(2026, 10, 1), Decimal("0.06")),
        (budget, date(2026, 11, 1), Decimal("0.06")),
    ]
    buckets = await ledger.pool.fetch("SELECT bucket FROM rollup_15m ORDER BY 1")
    assert [row["bucket"].minute for row in buckets] == [0, 15]
    assert await differences(ledger.pool) == []


async def test_dimensions_and_declared_tags(ledger: Ledger) -> None:
    workspace = await ledger.workspace(tags=("tier",))
    await ledger.price()
    await ledger.process(
        entry_of(
            event(feature="chat", customer="acme", tags={"tier": "pro", "other": "x"}),
            event(feature="chat", user="eve", status="error"),
            event(),
            workspace_id=workspace,
        )
    )
    rows = await ledger.pool.fetch("SELECT dimension, value, events, errors FROM rollup_dimension_day")
    assert {tuple(row) for row in rows} == {
        ("feature", "chat", 2, 1),
        ("customer", "acme", 1, 0),
        ("user", "eve", 1, 1),
        ("tag.tier", "pro", 1, 0),
    }
    assert await differences(ledger.pool) == []


async def test_profiles_that_differ_in_what_rollups_do_not_keep_share_a_row(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    entry = entry_of(
        *(event(release=release, api=api) for release in ("1", "2") for api in ("chat", "responses", None)),
        workspace_id=workspace,
    )
    await ledger.process(entry)
    assert await ledger.count("rollup_15m") == 1
    assert await ledger.total() == 6


async def test_a_sum_beyond_a_bigint_of_pico_dollars(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    big = event(reported_cost="900000000.000000000001", reported_by="provider")
    await ledger.process(entry_of(*[big] * 20, workspace_id=workspace))
    await ledger.process(entry_of(event(reported_cost="1", reported_by="provider"), workspace_id=workspace))
    for table in ("rollup_15m", "rollup_day"):
        assert await ledger.total(table, "cost") == Decimal("18000000001.000000000020")
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE rollup_15m SET cost = cost + 1",
        "UPDATE rollup_15m SET input_tokens = input_tokens - 1",
        "DELETE FROM rollup_day",
        "UPDATE rollup_day SET model = 'other'",
        "UPDATE rollup_dimension_day SET events = events + 1 WHERE dimension = 'feature'",
        "DELETE FROM rollup_dimension_day WHERE value = 'chat'",
        "INSERT INTO rollup_day SELECT workspace_id, day + 40, provider, model, api_key_id, environment, "
        "price_status, billing, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM rollup_day",
        "UPDATE budget_spend SET spend = spend * 2",
        "DELETE FROM budget_spend",
        "DELETE FROM cost_events",
    ],
)
async def test_damage_is_found_and_mended(ledger: Ledger, damage: str) -> None:
    workspace = await ledger.workspace(zone="America/New_York", tags=("tier",))
    await ledger.price()
    await ledger.budget(workspace, "1")
    await ledger.process(
        entry_of(*(event(feature="chat", tags={"tier": "pro"}) for _ in range(3)), workspace_id=workspace)
    )
    assert await differences(ledger.pool) == []
    await ledger.pool.execute(damage)
    assert await differences(ledger.pool) != []
    assert await rebuild(ledger.pool) > 0
    assert await differences(ledger.pool) == []


async def test_rebuild_and_reconcile_beside_running_spend(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "1000")
    await ledger.process(entry_of(event(), workspace_id=workspace))
    await ledger.pool.execute("UPDATE rollup_15m SET events = 50")
    done = asyncio.Event()

    async def spend() -> None:
        own = ledger.another()
        while not done.is_set():
            await own.process(entry_of(event(feature="a"), event(), workspace_id=workspace))

    spending = [asyncio.create_task(spend()) for _ in range(3)]
    for _ in range(5):
        await rebuild(ledger.pool)
        assert await differences(ledger.pool) == []
    done.set()
    await asyncio.gather(*spending)
    assert await differences(ledger.pool) == []
    assert await ledger.total() == await ledger.count()


async def test_rebuilt_spend_that_passes_a_threshold_alerts(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "0.07")
    await ledger.process(entry_of(event(), workspace_id=workspace))
    assert await ledger.count("budget_crossings") == 1
    await ledger.pool.execute("DELETE FROM budget_spend")
    await ledger.pool.execute("DELETE FROM budget_crossings")
    await rebuild(ledger.pool)
    assert await ledger.count("budget_crossings") == 1
