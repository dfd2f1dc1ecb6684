"""Workers as processes: stopped, killed, asleep while others take over; nothing lost, nothing twice."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from ledger import Ledger, entry_of, event, put
from llmlab_shared.queue import reader as reading
from llmlab_shared.queue.backlog import read_backlog
from llmlab_shared.queue.entry import GROUP, stream_name
from llmlab_shared.queue.heartbeats import read_heartbeats
from llmlab_worker.jobs.reconcile import differences
from redis.asyncio import Redis
from worker_process import WorkerProcess, until

STREAM = stream_name(0)
Start = Callable[..., WorkerProcess]


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def start(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Start]:
    started: list[WorkerProcess] = []

    def begin(*command: str) -> WorkerProcess:
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(WorkerProcess(database_url, redis_url, log, *command))
        return started[-1]

    yield begin
    for worker in started:
        worker.end()


async def send(redis: Redis, workspace: int, entries: int, each: int = 20) -> int:
    events = [event(feature="a")] * each
    await put(redis, [entry_of(*events, workspace_id=workspace) for _ in range(entries)])
    return entries * each


async def settled(redis: Redis, ledger: Ledger, sent: int) -> None:
    """Wait until the stream is empty; then everything is there once and the rollups say so."""

    async def empty() -> bool:
        return (await read_backlog(redis, 1)).entries == 0

    await until(empty, "the stream to be empty")
    assert await ledger.count() == await ledger.total() == await ledger.total("inbox", "stored") == sent
    assert await ledger.count("dead_letters") == 0
    assert await differences(ledger.pool) == []


async def test_sigterm_finishes_what_was_read(redis: Redis, ledger: Ledger, start: Start) -> None:
    workspace = await ledger.workspace()
    worker = start()
    sent = await send(redis, workspace, 100)

    async def some() -> bool:
        return await ledger.count() > 0

    await until(some, "a first batch")
    worker.send(signal.SIGTERM)
    assert worker.wait() == 0
    # What it had read it also acknowledged: nothing is left pending, and its consumer is gone.
    assert (await redis.xpending(STREAM, GROUP))["pending"] == 0
    assert await redis.xinfo_consumers(STREAM, GROUP) == []
    assert await read_heartbeats(redis) == []
    assert await ledger.count() == sent - 20 * (await read_backlog(redis, 1)).entries
    start()
    await settled(redis, ledger, sent)


async def test_entries_of_a_killed_worker_are_taken_over(redis: Redis, ledger: Ledger, start: Start) -> None:
    workspace = await ledger.workspace()
    # A lock that the worker's transaction waits for, so that the kill finds it in the midst of it.
    await ledger.process(entry_of(event(feature="a"), workspace_id=workspace))
    async with ledger.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("UPDATE rollup_15m SET events = events")
        worker = start()
        sent = await send(redis, workspace, 5)

        async def waiting() -> bool:
            return bool(
                await ledger.pool.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                    "AND datname = current_database()"
                )
            )

        await until(waiting, "the worker to wait for the lock")
        worker.send(signal.SIGKILL)
        worker.wait()
    assert await ledger.count() == 1
    heir = start()
    await settled(redis, ledger, sent + 1)
    assert "entries_reclaimed" in heir.log()


async def test_a_worker_that_slept_while_others_took_over_wakes(
    redis: Redis, ledger: Ledger, start: Start
) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(event(feature="a"), workspace_id=workspace))
    async with ledger.pool.acquire() as blocker:
        transaction = blocker.transaction()
        await transaction.start()
        await blocker.execute("UPDATE rollup_15m SET events = events")
        sleeper = start()
        sent = await send(redis, workspace, 5)

        async def held() -> bool:
            waiting = await ledger.pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
            return bool(waiting)

        await until(held, "the sleeper to hold entries in its transaction")
        sleeper.send(signal.SIGSTOP)
        await transaction.rollback()
    heir = start()
    more = await send(redis, workspace, 5)
    await settled(redis, ledger, 1 + sent + more)
    assert "entries_reclaimed" in heir.log()
    sleeper.send(signal.SIGCONT)
    last = await send(redis, workspace, 40)
    await settled(redis, ledger, 1 + sent + more + last)

    async def both() -> bool:
        return len(await read_heartbeats(redis)) == 2

    await until(both, "the sleeper to be alive again")
    assert sleeper.process.poll() is None


async def test_three_workers_share_and_one_is_killed(redis: Redis, ledger: Ledger, start: Start) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "20", thresholds=("0.5", "1"))
    workers = [start() for _ in range(3)]
    sent = await send(redis, workspace, 100)
    workers[0].send(signal.SIGKILL)
    sent += await send(redis, workspace, 100)
    await settled(redis, ledger, sent)
    assert await ledger.count("budget_crossings") == 2


async def test_stock_arq_runs_it_and_its_check_is_red_without_a_consumer(
    redis: Redis, ledger: Ledger, start: Start
) -> None:
    arq = (sys.executable, "-m", "arq", "llmlab_worker.main.WorkerSettings")
    workspace = await ledger.workspace()
    worker = start(*arq)

    def check() -> int:
        return subprocess.run(
            [*arq[:3], "--check", arq[3]], env=worker.environment, check=False, capture_output=True
        ).returncode

    sent = await send(redis, workspace, 3)
    await settled(redis, ledger, sent)

    async def green() -> bool:
        return await asyncio.to_thread(check) == 0

    await until(green, "a green check")
    worker.send(signal.SIGSTOP)

    async def red() -> bool:
        return await asyncio.to_thread(check) != 0

    await until(red, "a red check")
    worker.send(signal.SIGCONT)
    await until(green, "a green check again")
    worker.send(signal.SIGTERM)
    assert worker.wait() == 0
    assert (await redis.xpending(STREAM, GROUP))["pending"] == 0


async def test_a_job_prices_events_too(redis: Redis, redis_url: str, ledger: Ledger, start: Start) -> None:
    from llmlab_shared.queue.jobs import open_jobs

    workspace = await ledger.workspace()
    await ledger.price()
    start()
    entry = entry_of(event(), workspace_id=workspace)
    jobs = await open_jobs(redis_url)
    job = await jobs.enqueue_job(
        "price_events",
        entry=str(entry.id),
        workspace_id=workspace,
        api_key_id=3,
        at_us=entry.at_us,
        events=1,
        body=entry.body.decode(),
    )
    assert job is not None
    assert await job.result(timeout=60) == {"stored": 1, "duplicates": 0, "dead": 0}
    replayed = await jobs.enqueue_job("replay_dead_letters", workspace)
    assert replayed is not None
    assert (await replayed.result(timeout=60))["letters"] == 0
    # Nothing on Redis is a pickle.
    raw = [await redis.get(key) async for key in redis.scan_iter("arq:result:*")]
    assert raw
    assert all(value.startswith(b"{") for value in raw)
    await jobs.aclose()


async def test_a_message_that_is_no_entry_is_set_aside(redis: Redis, ledger: Ledger, start: Start) -> None:
    workspace = await ledger.workspace()
    await redis.xadd(STREAM, {"what": "is this"})
    await redis.xadd(STREAM, {"v": "9", "b": "{}"})
    await send(redis, workspace, 2)
    start()

    async def empty() -> bool:
        return (await read_backlog(redis, 1)).entries == 0

    await until(empty, "the stream to be empty")
    letters = await ledger.pool.fetch("SELECT index, body FROM dead_letters ORDER BY body")
    assert [tuple(row) for row in letters] == [(-1, b"v: 9\nb: {}"), (-1, b"what: is this")]
    assert await ledger.count() == 40


async def test_the_command_shows_who_is_alive(redis: Redis, ledger: Ledger, start: Start) -> None:
    import json

    from click.testing import CliRunner
    from llmlab_deploy.commands.workers import command

    worker = start()

    async def alive() -> bool:
        return len(await read_heartbeats(redis)) == 1

    await until(alive, "a heartbeat")
    names = ("LLMLAB_DATABASE_URL", "LLMLAB_REDIS_URL")
    env = {name: worker.environment[name] for name in names}

    def ask(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command, list(arguments), env=env)
        return result.exit_code, result.output

    code, output = await asyncio.to_thread(ask, "--json")
    answer = json.loads(output)
    assert code == 0
    assert answer["workers"][0]["pid"] == worker.process.pid
    assert (answer["lag_seconds"], answer["backlog"]) == (0.0, {"entries": 0, "bytes": 0})
    assert str(worker.process.pid) in (await asyncio.to_thread(ask))[1]
    worker.send(signal.SIGTERM)
    worker.wait()
    await send(redis, 1, 1)
    code, output = await asyncio.to_thread(ask, "--json")
    answer = json.loads(output)
    assert (code, answer["workers"], answer["backlog"]["entries"]) == (1, [], 1)
    assert answer["lag_seconds"] >= 0
    assert "No worker is alive" in (await asyncio.to_thread(ask))[1]


def test_owners_renew_often_enough() -> None:
    assert reading.RENEW_EVERY * 1000 * 2 < reading.RECLAIM_AFTER_MS
