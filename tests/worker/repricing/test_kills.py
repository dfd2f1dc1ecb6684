"""Repricing by real processes, killed at any moment: finished or gone on with, never half counted."""

import asyncio
import random
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.queue.jobs import open_jobs
from llmlab_worker.jobs.reconcile import differences
from repriced import NOON, ask, held, new_price
from worker_process import WorkerProcess, until

# So small that a killed process leaves most to the next.
_ADVANCE = """
import sys
from llmlab_worker.repricing import __main__ as process, windows
windows._END = windows._END.replace(str(windows.WINDOW - 1), "19")
windows.WINDOW = 20
import asyncio
sys.exit(asyncio.run(process._run(sys.argv[1:])))
"""
EVENTS = 1500


async def fill(ledger: Ledger) -> int:
    workspace = await ledger.workspace(zone="Australia/Lord_Howe", tags=("tier",))
    await ledger.price()
    await ledger.budget(workspace, "150")
    for part in range(0, EVENTS, 500):
        made = []
        for n in range(part, part + 500):
            at = NOON + timedelta(seconds=n * 80)
            labels = {"feature": f"f{n % 5}", "customer": f"c{n % 50}", "tags": {"tier": f"t{n % 3}"}}
            made.append(event(id=str(v7(at)), timestamp=at.isoformat(), **labels))
        await ledger.process(entry_of(*made, workspace_id=workspace))
    await new_price(ledger, "100", NOON + timedelta(hours=10))
    return workspace


async def is_right(ledger: Ledger, workspace: int, repricing: int) -> None:
    rows = await held(ledger, workspace)
    edge = NOON + timedelta(hours=10)
    assert [row["cost"] for row in rows] == [
        Decimal("0.06") if row["id_time"] < edge else Decimal("0.15") for row in rows
    ]
    later = sum(row["id_time"] >= edge for row in rows)
    done = await ledger.pool.fetchrow("SELECT * FROM repricings WHERE id = $1", repricing)
    assert (done["seen"], done["changed"], await ledger.count("adjustments")) == (EVENTS, later, later)
    assert await ledger.pool.fetchval("SELECT sum(events) FROM repricing_sums") == later
    assert await differences(ledger.pool) == []


@pytest.fixture
def processes(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Any]:
    started: list[WorkerProcess] = []

    def begin(*command: str) -> WorkerProcess:
        started.append(WorkerProcess(database_url, redis_url, tmp_path / f"log{len(started)}", *command))
        return started[-1]

    yield begin
    for process in started:
        process.end()


async def is_done(ledger: Ledger, repricing: int) -> bool:
    status = await ledger.pool.fetchval("SELECT status FROM repricings WHERE id = $1", repricing)
    return bool(status == "done")


async def test_processes_killed_over_and_over_count_nothing_twice(ledger: Ledger, processes: Any) -> None:
    workspace = await fill(ledger)
    repricing = await ask(ledger, workspace)
    chance = random.Random(5)

    async def seen() -> int:
        return await ledger.pool.fetchval("SELECT seen FROM repricings WHERE id = $1", repricing)

    kills = 0
    while not await is_done(ledger, repricing):
        before = await seen()
        process = processes(sys.executable, "-c", _ADVANCE, "advance", str(repricing), "600")

        async def moved(before: int = before) -> bool:
            # Whoever finds that all is seen and not yet said sees nothing more.
            return await seen() > before or await is_done(ledger, repricing)

        await until(moved, "a step")
        await asyncio.sleep(chance.random() * 0.05)
        if process.process.poll() is None:
            process.send(signal.SIGKILL)
            process.wait()
            kills += 1
    assert kills > 2
    await is_right(ledger, workspace, repricing)


async def test_a_killed_worker_leaves_its_repricing_to_another(
    ledger: Ledger, processes: Any, redis_url: str
) -> None:
    workspace = await fill(ledger)
    repricing = await ask(ledger, workspace)
    jobs = await open_jobs(redis_url)
    first = processes()
    await jobs.enqueue_job("reprice", repricing)

    async def begun() -> bool:
        return bool(await ledger.pool.fetchval("SELECT started_at FROM repricings WHERE id = $1", repricing))

    await until(begun, "the repricing to begin")
    first.send(signal.SIGKILL)
    first.wait()
    # Whatever became of the job in Redis: the row is what counts.
    await jobs.flushdb()
    await jobs.aclose()
    processes()
    await until(lambda: is_done(ledger, repricing), "another worker to finish it")
    await is_right(ledger, workspace, repricing)


async def test_a_price_that_arrives_is_noticed_by_a_worker(ledger: Ledger, processes: Any) -> None:
    workspace = await ledger.workspace()
    at = NOON.isoformat()
    await ledger.process(entry_of(event(id=str(v7(NOON)), timestamp=at, model="new"), workspace_id=workspace))
    processes()
    await new_price(ledger, "10", NOON - timedelta(days=1), model="new")

    async def is_priced() -> bool:
        return [row["cost"] for row in await held(ledger, workspace)] == [Decimal("0.015")]

    await until(is_priced, "the event to be priced", 90)
    assert await differences(ledger.pool) == []


async def test_it_ends_when_who_started_it_dies(ledger: Ledger, database_url: str) -> None:
    workspace = await fill(ledger)
    repricing = await ask(ledger, workspace)
    async with ledger.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM repricings WHERE id = $1 FOR UPDATE", repricing)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _ADVANCE, "advance", str(repricing), "600"),
            stdin=asyncio.subprocess.PIPE,
            env={"LLMLAB_DATABASE_URL": database_url, "PATH": ""},
        )
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == 75
    assert not await is_done(ledger, repricing)
    assert await differences(ledger.pool) == []
