"""Workers killed at every point between a crossing and its receipt: the alert arrives, recognisable."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from ledger import Ledger, entry_of, event, put
from llmlab.testing import Received, Receiver, Reply
from llmlab_worker.notify.deliveries import (
    ATTEMPT_SECONDS,
    JOB_SECONDS,
    LEASE_SECONDS,
    SWEEP_SECONDS,
)
from notified import SECRET, deliveries, make_due, webhook
from redis.asyncio import Redis
from standardwebhooks import Webhook
from worker_process import WorkerProcess, until


def test_the_times_add_up() -> None:
    # A killed worker's lease runs out, then the next sweep asks somebody else; a second each for the job.
    assert LEASE_SECONDS + SWEEP_SECONDS + 5 < 60
    # Nobody takes what a living worker is still at.
    assert ATTEMPT_SECONDS + 8 < JOB_SECONDS < LEASE_SECONDS


@pytest.fixture
def local_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_OUTGOING_ALLOW", "127.0.0.1")


@pytest.mark.usefixtures("local_receivers")
async def test_an_alert_survives_every_kill(
    database_url: str, redis_url: str, ledger: Ledger, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pool = ledger.pool
    workspace = await ledger.workspace()
    await ledger.budget(workspace, "0.05", thresholds=("0.8",))
    came: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    workers: list[WorkerProcess] = []

    @request.addfinalizer
    def _() -> None:
        for worker in workers:
            worker.end()

    def work() -> WorkerProcess:
        workers.append(WorkerProcess(database_url, redis_url, tmp_path / f"worker{len(workers)}.log"))
        return workers[-1]

    def kill(worker: WorkerProcess) -> None:
        worker.send(signal.SIGKILL)
        worker.wait()

    with Receiver() as receiver:
        told = _tell(came, loop)
        await webhook(pool, workspace, receiver)

        # Between the crossing and its deliveries: fanning out waits for this lock.
        holder = await asyncpg.connect(database_url)
        lock = holder.transaction()
        await lock.start()
        await holder.execute("LOCK TABLE deliveries IN EXCLUSIVE MODE")
        worker = work()
        async with Redis.from_url(redis_url) as redis:
            await put(redis, [entry_of(event(), workspace_id=workspace)])

        async def waits_for_lock() -> bool:
            locks = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'deliveries'::regclass"
            return bool(await pool.fetchval(locks))

        await until(waits_for_lock, "the worker fans out")
        kill(worker)
        await lock.rollback()
        assert await ledger.count("outbox") == 1
        assert await deliveries(pool) == []

        # While it is being sent: the receiver has the request and does not answer.
        receiver.answers["POST /hook"] = lambda request: told(request, Reply(200, {}, delay=30))
        worker = work()
        await asyncio.wait_for(came.get(), 20)
        kill(worker)
        receiver.stop()
        receiver.start()

        # Between the answer and its being recorded: that waits for this lock.
        await make_due(pool)
        lock = holder.transaction()
        await lock.start()

        async def hold() -> None:
            await holder.execute("SELECT FROM deliveries FOR UPDATE")

        def answer_when_held(request: Received) -> Reply:
            asyncio.run_coroutine_threadsafe(hold(), loop).result(10)
            return told(request, Reply(200, {}))

        receiver.answers["POST /hook"] = answer_when_held
        worker = work()
        await asyncio.wait_for(came.get(), 20)

        waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE deliveries%'"

        async def waits_for_row() -> bool:
            return bool(await pool.fetchval(f"SELECT count(*) {waiting}"))

        await until(waits_for_row, "the worker records what it sent")
        kill(worker)
        # What was sent to PostgreSQL would be done after its sender's death; the kill came before that.
        await pool.execute(f"SELECT pg_terminate_backend(pid) {waiting}")
        await lock.rollback()
        await holder.close()

        # And then nobody is killed.
        await make_due(pool)
        receiver.answers["POST /hook"] = lambda request: told(request, Reply(200, {}))
        worker = work()

        async def sent() -> bool:
            return [row["status"] for row in await deliveries(pool)] == ["sent"]

        await until(sent, "it is sent")
        worker.send(signal.SIGTERM)
        worker.wait()
        worker.end()
        requests = list(receiver.requests)

    # Three attempts of one delivery: whoever heeds the id takes it once.
    assert len(requests) == 3
    assert len({each.headers["webhook-id"] for each in requests}) == 1
    assert len({each.body for each in requests}) == 1
    for each in requests:
        Webhook(SECRET).verify(each.body, each.headers)
    assert requests[0].json["data"]["threshold"] == "0.8"
    (row,) = await deliveries(pool)
    assert (row["attempts"], row["last_error"]) == (3, None)


def _tell(came: asyncio.Queue[str], loop: asyncio.AbstractEventLoop) -> Callable[[Received, Reply], Reply]:
    def told(request: Received, reply: Reply) -> Reply:
        loop.call_soon_threadsafe(came.put_nowait, request.headers["webhook-id"])
        return reply

    return told
