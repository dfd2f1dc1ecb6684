"""While PostgreSQL or Valkey is away, the worker waits, says so once, sets nothing aside, then goes on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from ledger import Ledger, entry_of, event, put
from llmlab_shared.db.engine import open_pool
from llmlab_shared.migrations.run import migrate
from llmlab_shared.queue.backlog import read_backlog
from llmlab_shared.queue.heartbeats import read_heartbeats
from llmlab_worker.jobs.reconcile import differences
from redis.asyncio import Redis
from servers import Servers, start_servers
from worker_process import WorkerProcess, until


@pytest.fixture
def own_servers() -> Iterator[Servers]:
    started = start_servers()
    yield started
    started.stop()


@pytest_asyncio.fixture
async def redis(own_servers: Servers) -> AsyncIterator[Redis]:
    client = Redis.from_url(own_servers.redis_url)
    yield client
    await client.aclose()


async def send(redis: Redis, workspace: int, entries: int) -> None:
    await put(redis, [entry_of(event(), event(), workspace_id=workspace) for _ in range(entries)])


async def test_postgresql_goes_away_and_comes_back(
    own_servers: Servers, redis: Redis, tmp_path: Path
) -> None:
    await asyncio.to_thread(migrate, own_servers.database_url)
    worker = WorkerProcess(own_servers.database_url, own_servers.redis_url, tmp_path / "log")
    try:
        await send(redis, 1, 5)

        async def empty() -> bool:
            return (await read_backlog(redis, 1)).entries == 0

        await until(empty, "the first entries")
        await asyncio.to_thread(own_servers.kill_postgres)
        await send(redis, 1, 5)

        async def complains() -> bool:
            return "away" in worker.log()

        await until(complains, "a complaint")
        await asyncio.sleep(3)
        assert worker.log().count("what=postgresql") <= 3, worker.log()
        assert worker.process.poll() is None
        await asyncio.to_thread(own_servers.restart_postgres)
        await until(empty, "the entries of the outage")
        pool = await open_pool(own_servers.database_url)
        ledger = Ledger(pool)
        assert await ledger.count() == await ledger.total() == 20
        assert await ledger.count("dead_letters") == 0
        assert await differences(pool) == []
        await pool.close()
    finally:
        worker.end()


async def test_started_before_anything_else_is(tmp_path: Path) -> None:
    """A worker whose database and Redis do not exist yet waits for them, and can be told to stop."""
    worker = WorkerProcess("postgresql://u:p@127.0.0.1:1/nothing", "redis://127.0.0.1:1/0", tmp_path / "log")
    try:

        async def complains() -> bool:
            return "what=redis" in worker.log()

        await until(complains, "a complaint")
        await asyncio.sleep(2)
        assert worker.log().count("what=redis") == 1
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
    finally:
        worker.end()


async def test_valkey_goes_away_and_comes_back(own_servers: Servers, redis: Redis, tmp_path: Path) -> None:
    await asyncio.to_thread(migrate, own_servers.database_url)
    worker = WorkerProcess(own_servers.database_url, own_servers.redis_url, tmp_path / "log")
    try:
        await send(redis, 1, 5)
        await asyncio.to_thread(own_servers.kill_valkey)

        async def complains() -> bool:
            return "what=redis" in worker.log()

        await until(complains, "a complaint")
        await asyncio.to_thread(own_servers.restart_valkey)

        async def sent() -> bool:
            try:
                await send(redis, 1, 5)
            except Exception:
                return False
            return True

        await until(sent, "Valkey to take entries again")

        async def empty() -> bool:
            return (await read_backlog(redis, 1)).entries == 0

        await until(empty, "all entries")

        async def alive() -> bool:
            return len(await read_heartbeats(redis)) == 1

        await until(alive, "a heartbeat")
        connection = await asyncpg.connect(own_servers.database_url)
        assert await connection.fetchval("SELECT count(*) FROM cost_events") == 20
        assert await connection.fetchval("SELECT sum(events) FROM rollup_15m") == 20
        await connection.close()
    finally:
        worker.end()
