"""Folding beside real workers, with processes killed in the middle of it."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folded import ALL, DAY, LATER, by_value, call, check, kept_of, some_wait, spend
from ledger import Ledger, entry_of, put
from llmlab_shared.clock import to_us
from llmlab_shared.spend_lock import SPEND_LOCK
from llmlab_worker.jobs import folds
from llmlab_worker.jobs.folds import fold
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.pipeline.folds import Place
from redis.asyncio import Redis
from worker_process import WorkerProcess, until


async def test_worker_processes_heed_a_fold_and_one_is_killed(
    ledger: Ledger, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(folds, "STEP", 50)
    workspace = await ledger.workspace()
    chance = random.Random(1)
    sent = Counter(f"c{int(chance.expovariate(0.01))}" for _ in range(6000))
    customers = list(sent.elements())
    chance.shuffle(customers)
    entries = [
        entry_of(*map(call, customers[start : start + 10]), workspace_id=workspace, at_us=to_us(LATER))
        for start in range(0, 6000, 10)
    ]
    workers = [WorkerProcess(database_url, redis_url, tmp_path / f"log{n}") for n in range(2)]
    redis = Redis.from_url(redis_url)
    try:
        sending = asyncio.create_task(put(redis, entries))
        await until(lambda: _stored(ledger, 1500), "a part of the events")
        folding = asyncio.create_task(fold(ledger.pool, 10, ALL, LATER))
        workers[0].send(signal.SIGKILL)
        await asyncio.gather(sending, folding)
        await until(lambda: _stored(ledger, 6000), "all events")
    finally:
        for worker in workers:
            worker.end()
        await redis.aclose()
    assert await ledger.count() == 6000
    place = Place(workspace, DAY, "customer")
    kept = await kept_of(ledger, place)
    assert await by_value(ledger, workspace) == {
        **{value: sent[value] for value in kept},
        "(other)": sum(count for value, count in sent.items() if value not in kept),
    }
    await check(ledger, place)
    assert await differences(ledger.pool) == []


async def _stored(ledger: Ledger, events: int) -> bool:
    return await ledger.count() >= events


FOLD = """
import asyncio
from datetime import UTC, date, datetime
from os import environ
from llmlab_shared.db.engine import open_pool
from llmlab_worker.jobs import folds

async def main():
    folds.STEP = 3
    pool = await open_pool(environ["LLMLAB_DATABASE_URL"])
    days = folds.Days(date(2026, 9, 1), date(2026, 11, 1), is_open=False)
    await folds.fold(pool, 10, days, datetime(2026, 10, 9, tzinfo=UTC))

asyncio.run(main())
"""


@pytest.fixture
def folder(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Any]:
    started: list[WorkerProcess] = []

    def begin() -> WorkerProcess:
        import sys

        started.append(WorkerProcess(database_url, redis_url, tmp_path / "log", sys.executable, "-c", FOLD))
        return started[-1]

    yield begin
    for process in started:
        process.end()


async def test_a_process_killed_while_it_marks_leaves_nothing(ledger: Ledger, folder: Any) -> None:
    workspace = await ledger.workspace()
    await spend(ledger, workspace, *(f"c{n}" for n in range(20)))
    before = await by_value(ledger, workspace)
    async with ledger.pool.acquire() as spender, spender.transaction():
        await spender.execute(f"SELECT pg_advisory_xact_lock_shared({SPEND_LOCK})")
        process = folder()
        await until(lambda: some_wait(ledger), "the fold to wait for the spend")
        process.send(signal.SIGKILL)
        process.wait()
    await until(lambda: _alone(ledger), "PostgreSQL to notice")
    assert await ledger.count("dimension_folds") == 0
    assert await by_value(ledger, workspace) == before
    assert await fold(ledger.pool, 10, ALL, LATER) == 1
    await check(ledger, Place(workspace, DAY, "customer"))


async def test_a_process_killed_while_it_moves_leaves_the_rest_for_the_next(
    ledger: Ledger, folder: Any
) -> None:
    workspace = await ledger.workspace()
    place = Place(workspace, DAY, "customer")
    await spend(ledger, workspace, *(f"c{n:02}" for n in range(10)), *(f"c{n:02}" for n in range(40)))
    # Customers from c25 on called another model too, whose row of `(other)` is held: the move stops there.
    await spend(ledger, workspace, *(f"c{n:02}" for n in range(25, 40)), "(other)", model="gpt-4o-mini")
    async with ledger.pool.acquire() as holder, holder.transaction():
        await holder.execute(
            "SELECT FROM rollup_dimension_day WHERE value = '(other)' AND model = 'gpt-4o-mini' FOR UPDATE"
        )
        process = folder()
        await until(lambda: some_wait(ledger), "the fold to wait for the row")
        process.send(signal.SIGKILL)
        process.wait()
    await until(lambda: _alone(ledger), "PostgreSQL to notice")
    left = await by_value(ledger, workspace)
    assert left.get("(other)", 0) > 1
    assert left.keys() > await kept_of(ledger, place) | {"(other)"}
    assert await differences(ledger.pool) == []
    await spend(ledger, workspace, "c30", "c01")
    assert await differences(ledger.pool) == []
    assert await fold(ledger.pool, 10, ALL, LATER) == 0
    await check(ledger, place)
    assert await differences(ledger.pool) == []


async def _alone(ledger: Ledger) -> bool:
    return not await ledger.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
