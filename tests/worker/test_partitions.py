"""Partitions are made beside everything else that goes on, for whatever month is needed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
from ledger import Ledger, entry_of, event
from llmlab_shared.clock import now, to_us
from llmlab_shared.db.partitions import Partitions, list_months, month_of, next_month, partition_name
from llmlab_worker.jobs.upkeep import make_ahead


async def months(pool: asyncpg.Pool) -> list[date]:
    async with pool.acquire() as connection:
        return await list_months(connection)


async def test_made_beside_an_open_export_and_an_open_ingest(ledger: Ledger) -> None:
    """Neither is waited for, and what comes after does not queue behind."""
    workspace = await ledger.workspace()
    await ledger.process(entry_of(event(), workspace_id=workspace))
    async with ledger.pool.acquire() as export, ledger.pool.acquire() as ingest:
        reading, writing = export.transaction(isolation="repeatable_read"), ingest.transaction()
        await reading.start()
        await export.fetch("SELECT * FROM cost_events")
        await writing.start()
        await ingest.execute("INSERT INTO cost_events SELECT * FROM cost_events WHERE false")
        await ingest.execute("UPDATE cost_events SET latency_ms = 1")
        old = event(timestamp="2025-03-05T00:00:00Z")
        outcome = await asyncio.wait_for(
            ledger.another().process(entry_of(old, workspace_id=workspace)), timeout=30
        )
        assert outcome.stored == 1
        await writing.rollback()
        await reading.rollback()
    assert date(2025, 3, 1) in await months(ledger.pool)


async def test_many_make_the_same_months_at_once(ledger: Ledger) -> None:
    instants = [datetime(2024, month, 15, tzinfo=UTC) for month in range(1, 13)]

    async def make() -> None:
        async with ledger.pool.acquire() as connection:
            await Partitions().ensure(connection, instants)

    await asyncio.gather(*(make() for _ in range(8)))
    assert await months(ledger.pool) == [instant.date().replace(day=1) for instant in instants]


async def test_a_partition_is_like_its_parent(ledger: Ledger) -> None:
    async with ledger.pool.acquire() as connection:
        await Partitions().ensure(connection, [datetime(2024, 12, 31, 23, 59, tzinfo=UTC)])
    name = partition_name(date(2024, 12, 1))
    row = await ledger.pool.fetchrow(
        "SELECT pg_get_expr(relpartbound, oid) AS bound, "
        "(SELECT count(*) FROM pg_index WHERE indrelid = c.oid) AS indexes, "
        "(SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c') AS checks "
        "FROM pg_class c WHERE relname = $1",
        name,
    )
    assert "2024-12-01" in row["bound"]
    assert "2025-01-01" in row["bound"]
    # The primary key, and the calls that failed.
    assert (row["indexes"], row["checks"]) == (2, 0)


async def test_an_event_of_a_months_last_and_first_microsecond(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    edge = datetime(2026, 3, 1, tzinfo=UTC)
    events = [event(timestamp=(edge + timedelta(microseconds=n)).isoformat()) for n in (-1, 0)]
    await ledger.process(entry_of(*events, workspace_id=workspace, at_us=to_us(edge) + 5_000_000))
    rows = await ledger.pool.fetch(
        "SELECT tableoid::regclass::text AS part FROM cost_events ORDER BY id_time"
    )
    assert [row["part"] for row in rows] == ["cost_events_2026_02", "cost_events_2026_03"]


async def test_ahead_of_need(ledger: Ledger) -> None:
    await make_ahead(ledger.pool)
    this = month_of(now())
    assert await months(ledger.pool) == [this, next_month(this), next_month(next_month(this))]


async def test_a_month_that_was_dropped_behind_the_workers_back_is_made_again(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(event(), workspace_id=workspace))
    await ledger.pool.execute(f"DROP TABLE {partition_name(month_of(now()))}")
    outcome = await ledger.process(entry_of(event(), workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (1, 0)


def test_months_follow_each_other() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 1)) == date(2026, 2, 1)
