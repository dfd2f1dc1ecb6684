"""Workers killed at every point between a crossing and its receipt: the alert arrives, recognisable."""

import asyncio
import email
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.policy import default
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
from notified import MAIL_FROM, SECRET, MailBox, channel, deliveries, make_due, webhook
from redis.asyncio import Redis
from standardwebhooks import Webhook
from worker_process import WorkerProcess, until

# Who waits for a lock to make deliveries; a sweep, which waits for the same one, has no message yet.
FANNING_OUT = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO deliveries%'"
# Who has sent something, and waits for a lock to say so.
RECORDING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE deliveries%'"


def test_the_times_add_up() -> None:
    # A killed worker's lease runs out, then the next sweep asks somebody else; a second each for the job.
    assert LEASE_SECONDS + SWEEP_SECONDS + 5 < 60
    # Nobody takes what a living worker is still at.
    assert ATTEMPT_SECONDS + 8 < JOB_SECONDS < LEASE_SECONDS


@pytest.fixture
def local_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_OUTGOING_ALLOW", "127.0.0.1")


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailBox]:
    with MailBox() as opened:
        monkeypatch.setenv("LLMLAB_SMTP_URL", f"smtp://127.0.0.1:{opened.server.port}")
        monkeypatch.setenv("LLMLAB_MAIL_FROM", MAIL_FROM)
        yield opened


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

        await until(lambda: _is_there(pool, FANNING_OUT), "the worker fans out")
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

        await until(lambda: _is_there(pool, RECORDING), "the worker records what it sent")
        kill(worker)
        # What was sent to PostgreSQL would be done after its sender's death; the kill came before that.
        await pool.execute(f"SELECT pg_terminate_backend(pid) {RECORDING}")
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


@pytest.mark.usefixtures("local_receivers")
async def test_within_a_minute_of_a_kill_another_worker_has_sent_it(
    database_url: str, redis_url: str, ledger: Ledger, tmp_path: Path, box: MailBox
) -> None:
    """Leases and sweeps as they are: one message is under way, a mail is sent and not recorded."""
    pool, workspace = ledger.pool, await ledger.workspace()
    await ledger.budget(workspace, "0.05", thresholds=("0.8",))
    came, loop = asyncio.Queue[str](), asyncio.get_running_loop()
    holder = await asyncpg.connect(database_url)
    asked = threading.Event()

    async def hold() -> None:
        await holder.execute("SELECT FROM deliveries FOR UPDATE")

    def hold_the_record() -> None:
        # Only when the other is taken too, which this lock would prevent.
        assert asked.wait(20)
        asyncio.run_coroutine_threadsafe(hold(), loop).result(10)

    with Receiver() as receiver, ExitStack() as workers:
        await webhook(pool, workspace, receiver)
        await channel(pool, workspace, "email", to=["ada@example.com"])
        told = _tell(came, loop)

        def hang(request: Received) -> Reply:
            asked.set()
            return told(request, Reply(200, {}, delay=30))

        receiver.answers["POST /hook"] = hang
        box.before_answer = hold_the_record
        lock = holder.transaction()
        await lock.start()
        worker = WorkerProcess(database_url, redis_url, tmp_path / "first.log")
        workers.callback(worker.end)
        async with Redis.from_url(redis_url) as redis:
            await put(redis, [entry_of(event(), workspace_id=workspace)])
        await asyncio.wait_for(came.get(), 20)
        await until(lambda: _is_there(pool, RECORDING), "the worker records the mail")
        worker.send(signal.SIGKILL)
        killed = time.monotonic()
        worker.wait()
        await pool.execute(f"SELECT pg_terminate_backend(pid) {RECORDING}")
        await lock.rollback()
        await holder.close()
        assert [row["status"] for row in await deliveries(pool)] == ["waiting", "waiting"]
        box.before_answer = lambda: None
        receiver.stop()
        receiver.start()
        receiver.answers["POST /hook"] = lambda request: told(request, Reply(200, {}))
        worker = WorkerProcess(database_url, redis_url, tmp_path / "second.log")
        workers.callback(worker.end)

        async def sent() -> bool:
            return [row["status"] for row in await deliveries(pool)] == ["sent", "sent"]

        await until(sent, "both are sent", killed + 60 - time.monotonic())
        worker.send(signal.SIGTERM)
        worker.wait()
    assert len({each.headers["webhook-id"] for each in receiver.requests}) == 1
    assert len(receiver.requests) == 2
    mails = [email.message_from_bytes(each, policy=default) for each in box.messages]
    assert len(mails) == 2
    assert len({mail["Message-ID"] for mail in mails}) == 1


async def _is_there(pool: asyncpg.Pool, found: str) -> bool:
    return bool(await pool.fetchval(f"SELECT count(*) {found}"))


def _tell(came: asyncio.Queue[str], loop: asyncio.AbstractEventLoop) -> Callable[[Received, Reply], Reply]:
    def told(request: Received, reply: Reply) -> Reply:
        loop.call_soon_threadsafe(came.put_nowait, request.headers["webhook-id"])
        return reply

    return told
