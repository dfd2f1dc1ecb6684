"""Entries are delivered at least once and never lost, whatever consumers come and go."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from ledger import entry_of, event, put
from llmlab_shared.queue.backlog import read_backlog
from llmlab_shared.queue.entry import GROUP, stream_name
from llmlab_shared.queue.reader import Message, StreamReader
from redis.asyncio import Redis

STREAM = stream_name(0)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def write(redis: Redis, count: int, *, size: int = 0, shards: int = 1) -> None:
    entries = [entry_of(event(metadata={"a": "x" * size}), workspace_id=n) for n in range(count)]
    await put(redis, entries, shards=shards)


async def read(reader: StreamReader, budget: int = 1 << 20) -> list[Message]:
    return await reader.read(budget, linger=0.05, wait=0.05)


async def test_what_was_there_before_the_group_is_delivered(redis: Redis) -> None:
    await write(redis, 3)
    reader = StreamReader(redis, 1, "a")
    assert await read(reader) == []  # NOGROUP: made now
    assert len(await read(reader)) == 3


async def test_a_lost_group_is_made_again_from_the_first_entry(redis: Redis) -> None:
    reader = StreamReader(redis, 1, "a")
    await reader.create_groups()
    await write(redis, 3)
    await read(reader)
    await redis.xgroup_destroy(STREAM, GROUP)
    assert await reader.reclaim(1 << 20) == []
    assert await read(reader) == []
    assert len(await read(reader)) == 3


async def test_acknowledging_frees_the_backlog_once(redis: Redis) -> None:
    reader = StreamReader(redis, 1, "a")
    await reader.create_groups()
    await write(redis, 3)
    messages = await read(reader)
    assert await reader.acknowledge(messages[:2]) == 2
    assert await reader.acknowledge(messages[:2]) == 0
    backlog = await read_backlog(redis, 1)
    assert (backlog.entries, backlog.bytes) == (1, messages[2].size)
    await reader.acknowledge(messages)
    assert await read_backlog(redis, 1) == (await read_backlog(redis, 1)).__class__(0, 0, None)
    assert await reader.pending() == 0


async def test_reads_stop_at_the_budget_of_bytes(redis: Redis) -> None:
    reader = StreamReader(redis, 1, "a")
    await reader.create_groups()
    await write(redis, 100, size=50_000)
    sizes = []
    while messages := await read(reader, 400_000):
        sizes.append(sum(message.size for message in messages))
    assert sum(sizes) > 5_000_000
    # One command brings what the entries before let it expect.
    assert all(size < 2 * 400_000 for size in sizes)


async def test_small_entries_are_merged_while_the_reader_lingers(redis: Redis) -> None:
    reader = StreamReader(redis, 1, "a")
    await reader.create_groups()
    reading = asyncio.create_task(reader.read(1 << 20, linger=0.5, wait=1))
    await write(redis, 5)
    assert len(await reading) == 5


async def test_a_backlog_fills_the_budget_however_short_the_linger(redis: Redis) -> None:
    reader = StreamReader(redis, 1, "a")
    await reader.create_groups()
    await write(redis, 300, size=5_000)
    messages = await reader.read(1_000_000, linger=0, wait=0.05)
    assert 1_000_000 <= sum(message.size for message in messages) < 1_100_000
    rest = await reader.read(1_000_000, linger=0, wait=0.05)
    assert len(messages) + len(rest) == 300


async def test_every_shard_is_read(redis: Redis) -> None:
    reader = StreamReader(redis, 4, "a")
    await reader.create_groups()
    await write(redis, 8, shards=4)
    messages = await read(reader)
    assert sorted(message.shard for message in messages) == [0, 0, 1, 1, 2, 2, 3, 3]
    await reader.acknowledge(messages)
    assert (await read_backlog(redis, 4)).entries == 0


async def test_entries_of_the_silent_are_taken_over_and_those_of_the_busy_are_not(redis: Redis) -> None:
    dead, busy, heir = (StreamReader(redis, 1, name) for name in ("dead", "busy", "heir"))
    await dead.create_groups()
    await write(redis, 1)
    (lost,) = await read(dead)
    await write(redis, 1)
    (kept,) = await read(busy)
    await asyncio.sleep(0.3)
    assert await busy.renew([kept]) == 1
    assert [message.id for message in await heir.reclaim(1 << 20, idle_ms=200)] == [lost.id]


async def test_renewing_does_not_take_back_what_another_has_taken_over(redis: Redis) -> None:
    slow, heir = StreamReader(redis, 1, "slow"), StreamReader(redis, 1, "heir")
    await slow.create_groups()
    await write(redis, 3)
    messages = await read(slow)
    taken = await heir.reclaim(1 << 20, idle_ms=0)
    assert len(taken) == 3
    assert await slow.renew(messages) == 0
    owners = {row["consumer"] for row in await redis.xpending_range(STREAM, GROUP, "-", "+", 10)}
    assert owners == {b"heir"}


async def test_a_consumer_that_holds_something_is_not_removed(redis: Redis) -> None:
    reader, other = StreamReader(redis, 1, "a"), StreamReader(redis, 1, "b")
    await reader.create_groups()
    await write(redis, 4)
    messages = await read(reader)
    assert await reader.leave() == await other.remove_gone(idle_ms=0) == 0
    assert await reader.pending() == 4
    await reader.acknowledge(messages)
    assert await reader.leave() == 1
    assert await redis.xinfo_consumers(STREAM, GROUP) == []


async def test_an_entry_deleted_while_it_was_pending_is_not_delivered(redis: Redis) -> None:
    reader, heir = StreamReader(redis, 1, "a"), StreamReader(redis, 1, "b")
    await reader.create_groups()
    await write(redis, 2)
    messages = await read(reader)
    await redis.xdel(STREAM, messages[0].id)
    assert [message.id for message in await heir.reclaim(1 << 20, idle_ms=0)] == [messages[1].id]
    assert await heir.pending() == 1
