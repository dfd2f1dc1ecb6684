"""No workspace, channel or message takes the room of others: what is shared is shared in turn."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import asyncpg
import pytest
from arq import create_pool
from arq.connections import RedisSettings
from ledger import Ledger
from llmlab.testing import Receiver, Reply
from llmlab_worker.jobs.context import RUNTIME
from llmlab_worker.jobs.deliveries import fan_out
from llmlab_worker.notify import deliveries as rows
from llmlab_worker.notify import web
from llmlab_worker.notify.outbox import AT_ONCE
from llmlab_worker.notify.verdict import GiveUp, TryLater
from notified import LOCAL, carry, channel, deliveries, message, post_of, webhook

# What servers send that then break off (what has a length) or say nothing more (what comes in chunks).
ANSWERS = {
    "/breaks": "200 OK\r\nContent-Length: 10\r\n\r\nok",
    "/hangs": "202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok",
    "/gone": "410 Gone\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nno",
    "/broken": "400 Bad Request\r\nContent-Length: 10\r\n\r\nno",
    "/busy": "503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nno",
}


async def test_the_status_decides_whatever_becomes_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_REASON_SECONDS", 0.2)
    came = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        came.append(path)
        writer.write(f"HTTP/1.1 {ANSWERS[path]}".encode())
        await writer.drain()
        if "chunked" in ANSWERS[path]:
            await reader.read()
        writer.close()

    sender = web.WebSender(LOCAL)
    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await sender.post(f"{url}/breaks", b"{}")
        async with asyncio.timeout(3):
            await sender.post(f"{url}/hangs", b"{}")
        for path, reason in (("/gone", "answered 410 Gone"), ("/broken", "answered 400 Bad Request: no")):
            with pytest.raises(GiveUp) as final:
                await sender.post(url + path, b"{}")
            assert final.value.reason.startswith(reason)
        with pytest.raises(TryLater) as later:
            await sender.post(f"{url}/busy", b"{}")
        assert (later.value.after, later.value.whole_channel) == (7.0, True)
    await sender.close()
    assert came == [*ANSWERS]


@pytest.mark.parametrize(
    ("reply", "least", "most"),
    [
        (Reply(500), 7, 13),
        (Reply(429), 2800, 4400),
        (Reply(503, headers={"Retry-After": "5000"}), 4990, 5001),
    ],
)
async def test_a_message_that_is_refused_for_hours_holds_up_no_other(
    ledger: Ledger, reply: Reply, least: int, most: int
) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as receiver:
        receiver.answers["POST /hook"] = reply
        await webhook(pool, workspace, receiver)
        for _ in range(2):
            await message(pool, workspace)
        bad, good = [one.id for one in (await post.fan_out()).due]
        await pool.execute("UPDATE deliveries SET attempts = 8 WHERE id = $1", bad)
        await post.deliver(bad)
    await post.close()
    wait = await pool.fetchval("SELECT due_at - now() FROM deliveries WHERE id = $1", good)
    assert timedelta(seconds=least) < wait < timedelta(seconds=most)


async def test_a_dead_channel_delays_no_other(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WHOLE_SECONDS", 2.0)
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as dead, Receiver() as alive:
        dead.answers["POST /hook"] = Reply(200, delay=4)
        alive.answers["POST /hook"] = Reply(200, {})
        dead_id = await webhook(pool, workspace, dead)
        await webhook(pool, workspace, alive)
        for _ in range(12):
            await message(pool, workspace)
        started = time.monotonic()
        waiting = asyncio.create_task(carry(post))
        while len(alive.requests) < 12:
            await asyncio.sleep(0.05)
            assert time.monotonic() < started + 10
        # A few of each channel at a time; here in rounds, since one round waits for its slowest.
        await waiting
    await post.close()
    ways = await deliveries(pool)
    assert {row["status"] for row in ways if row["channel_id"] != dead_id} == {"sent"}
    tried = [row for row in ways if row["channel_id"] == dead_id and row["attempts"]]
    # The rest of the dead one's queue is put off with it, instead of waiting 2 seconds each.
    assert len(tried) == rows.AT_ONCE_A_CHANNEL
    assert all("no answer within" in row["last_error"] for row in tried)
    later = datetime.now(UTC) + timedelta(seconds=3)
    assert all(row["due_at"] > later for row in ways if row["channel_id"] == dead_id)


async def test_a_workspace_leaves_room_and_its_channels_take_turns(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    for _ in range(4):
        await channel(pool, workspace, "slack", url="https://example.com")
    for _ in range(5):
        await message(pool, workspace)
    post = post_of(pool)
    due = [one.id for one in (await post.fan_out()).due]
    await post.close()
    assert len(due) == 4 * rows.AT_ONCE_A_CHANNEL
    found = await asyncio.gather(*(rows.take(pool, each) for each in due))
    taken = [one for one in found if one is not None]
    assert len(taken) == rows.AT_ONCE_A_WORKSPACE
    # Whoever is done goes on with a channel that fewest are at.
    await rows.mark_sent(pool, taken[0], None)
    at = Counter(dict.fromkeys(await pool.fetchval("SELECT array_agg(id) FROM notification_channels"), 0))
    at.update(one.channel_id for one in taken[1:])
    following = await rows.next_of_workspace(pool, workspace)
    assert following is not None
    behind = await rows.take(pool, following)
    assert behind is not None
    assert at[behind.channel_id] == min(at.values())
    assert await _left(pool) == 20 - rows.AT_ONCE_A_WORKSPACE - 1


async def _left(pool: asyncpg.Pool) -> int:
    return await pool.fetchval(
        "SELECT count(*) FROM deliveries WHERE status = 'waiting' AND leased_until IS NULL"
    )


async def test_many_messages_of_one_workspace_hold_up_no_other(ledger: Ledger, redis_url: str) -> None:
    pool, busy, other = ledger.pool, await ledger.workspace(), await ledger.workspace()
    for each in (busy, other):
        await channel(pool, each, "slack", url="https://example.com")
    await message(pool, busy)
    await pool.execute(
        "INSERT INTO outbox (workspace_id, kind, payload) "
        "SELECT workspace_id, kind, payload FROM outbox, generate_series(1, 2 * $1::int)",
        AT_ONCE,
    )
    last = await message(pool, other)
    post = post_of(pool)
    jobs = await create_pool(RedisSettings.from_dsn(redis_url))
    worded = []
    for _ in range(4):
        worded.append(await fan_out({RUNTIME: SimpleNamespace(post=post), "redis": jobs}))
        asked = Counter(job.function for job in await jobs.queued_jobs())
        # It asks for the rest, and for no more of a channel than are sent at once.
        assert asked["fan_out"] == (1 if worded[-1] else 0)
        assert asked["deliver"] <= 2 * rows.AT_ONCE_A_CHANNEL
        if len(worded) == 1:
            assert await pool.fetchval("SELECT count(*) FROM deliveries WHERE outbox_id = $1", last) == 1
        await jobs.flushdb()
    await jobs.aclose()
    await post.close()
    assert worded == [AT_ONCE, AT_ONCE, 2, 0]
