"""Group commit: what is written together, what a failure does to whom, and the bound of the backlog."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from llmlab_shared.ids import uuid7
from llmlab_shared.queue.backlog import acknowledge, counter_name, read_backlog
from llmlab_shared.queue.entry import GROUP, Entry, size_of, stream_name
from llmlab_shared.queue.writer import BacklogFull, QueueUnavailable, StreamWriter
from redis.asyncio import Redis

STREAM = stream_name(0)
PLENTY = 1 << 30


def entry(body: bytes = b'{"events":[]}', *, workspace_id: int = 1, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "id": uuid7(),
        "workspace_id": workspace_id,
        "api_key_id": 7,
        "at_us": 1_700_000_000_000_000,
        "events": 1,
        "body": body,
    }
    return Entry(**{**fields, **changes})


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, socket_timeout=5) as client:
        yield client


@asynccontextmanager
async def writing(
    redis: Redis, shards: int = 1, limit: int = PLENTY, **options: Any
) -> AsyncIterator[StreamWriter]:
    writer = StreamWriter(redis, shards, limit, **options)
    try:
        yield writer
    finally:
        await writer.aclose()


async def commands(redis: Redis, name: str) -> int:
    stats = await redis.info("commandstats")
    return int(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"])


async def refused(writer: StreamWriter, more: Entry) -> BacklogFull:
    """How a writer refuses an entry: by its second try, since the first tells it of the others' bytes."""
    for _ in range(2):
        try:
            await writer.append([more])
        except BacklogFull as refusal:
            return refusal
    raise AssertionError("the writer took both entries")


async def test_an_entry_arrives_with_every_field(redis: Redis) -> None:
    sent = [
        entry(b"x" * 10, defaults=b'{"team":"a"}'),
        entry(b"\x00\r\n\xff" * 5000, workspace_id=2**62, api_key_id=0, events=1000),
    ]
    async with writing(redis) as writer:
        for each in sent:
            await writer.append([each])
    stored = [fields for _, fields in await redis.xrange(STREAM)]
    assert [Entry.from_fields(fields) for fields in stored] == sent
    assert [size_of(fields) for fields in stored] == [each.size for each in sent]


async def test_what_arrives_meanwhile_goes_out_together(redis: Redis) -> None:
    before = await commands(redis, "exec")
    async with writing(redis) as writer:
        await asyncio.gather(*(writer.append([entry()]) for _ in range(50)))
    assert await redis.xlen(STREAM) == 50
    # The first flush takes all that arrived in the same turn of the loop.
    assert await commands(redis, "exec") == before + 1


async def test_a_lone_request_does_not_wait_for_company(redis: Redis) -> None:
    before = await commands(redis, "exec")
    async with writing(redis) as writer:
        for _ in range(3):
            await writer.append([entry()])
    assert await commands(redis, "exec") == before + 3


async def test_a_pipeline_is_bounded_and_order_kept(redis: Redis) -> None:
    sent = [entry(bytes([65 + n]) * (1 << 20)) for n in range(10)]
    before = await commands(redis, "exec")
    async with writing(redis) as writer:
        await asyncio.gather(*(writer.append([each]) for each in sent))
    assert [Entry.from_fields(fields) for _, fields in await redis.xrange(STREAM)] == sent
    assert await commands(redis, "exec") == before + 4  # three of a little over 1 MiB fit in 4 MiB


async def test_workspaces_are_spread_over_shards(redis: Redis) -> None:
    async with writing(redis, shards=3) as writer:
        await asyncio.gather(*(writer.append([entry(workspace_id=n)]) for n in range(9)))
    for shard in range(3):
        stored = [Entry.from_fields(fields) for _, fields in await redis.xrange(stream_name(shard))]
        assert [each.workspace_id for each in stored] == [shard, shard + 3, shard + 6]
    backlog = await read_backlog(redis, 3)
    assert (backlog.entries, backlog.bytes) == (9, 9 * entry().size)


async def test_all_of_a_request_or_nothing(redis: Redis) -> None:
    # A key of another type makes the last command of the transaction fail after it was queued.
    await redis.set(STREAM, "not a stream")
    async with writing(redis) as writer:
        with pytest.raises(QueueUnavailable, match="WRONGTYPE"):
            await writer.append([entry(), entry()])
        await redis.delete(STREAM)
        await writer.append([entry(), entry()])
    assert await redis.xlen(STREAM) == 2


async def test_a_cancelled_request_neither_breaks_its_group_nor_is_written(redis: Redis) -> None:
    async with writing(redis) as writer:
        kept, given_up = entry(b"kept"), entry(b"given up")
        tasks = [asyncio.create_task(writer.append([each])) for each in (given_up, kept, kept)]
        await asyncio.sleep(0)  # all three are waiting, nothing is sent
        tasks[0].cancel()
        assert [type(r) for r in await asyncio.gather(*tasks, return_exceptions=True)] == [
            asyncio.CancelledError,
            type(None),
            type(None),
        ]
        await writer.append([kept])
    assert [fields[b"b"] for _, fields in await redis.xrange(STREAM)] == [b"kept"] * 3
    assert (await read_backlog(redis, 1)).bytes == 3 * kept.size


async def test_a_request_cancelled_under_way_leaves_the_others_their_answer(redis: Redis) -> None:
    async with writing(redis) as writer:
        await writer.append([entry()])
        await redis.client_pause(200)
        tasks = [asyncio.create_task(writer.append([entry()])) for _ in range(3)]
        await asyncio.sleep(0.05)  # the pipeline waits for the server
        tasks[1].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), asyncio.CancelledError, type(None)]
    assert await redis.xlen(STREAM) == 4


async def test_a_lost_connection_is_made_anew_at_once(redis: Redis) -> None:
    async with writing(redis) as writer:
        await writer.append([entry()])
        await redis.client_kill_filter(_type="normal", skipme=True)
        await writer.append([entry()])
    assert await redis.xlen(STREAM) == 2


async def test_a_hung_server_is_an_error_for_all_who_wait_and_then_heals(redis: Redis) -> None:
    async with writing(redis, timeout=0.3) as writer:
        await writer.append([entry()])
        await redis.client_pause(1000)
        first = asyncio.create_task(writer.append([entry()]))
        await asyncio.sleep(0.05)
        behind = [asyncio.create_task(writer.append([entry()])) for _ in range(5)]
        results = await asyncio.gather(first, *behind, return_exceptions=True)
        assert [type(result) for result in results] == [QueueUnavailable] * 6
        assert "in time" in str(results[0])
        await redis.ping()  # answered when the pause is over
        await writer.append([entry()])


async def test_a_server_that_refuses_to_write_says_so(redis: Redis) -> None:
    async with writing(redis) as writer:
        await writer.append([entry()])
        await redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(QueueUnavailable, match=r"refuses to write.*maxmemory") as caught:
                await asyncio.gather(writer.append([entry()]), writer.append([entry()]))
            assert caught.value.retry_after > 0
        finally:
            await redis.config_set("maxmemory", 0)
        # The connection is in step again: replies were read to the last.
        await writer.append([entry()])
    assert await redis.xlen(STREAM) == 2


async def test_nobody_there() -> None:
    async with Redis.from_url("redis://127.0.0.1:1") as nowhere, writing(nowhere) as writer:
        with pytest.raises(QueueUnavailable, match="is away"):
            await writer.append([entry()])


async def test_a_full_backlog_refuses_and_takes_again_when_it_is_drained(redis: Redis) -> None:
    body = b"x" * 1000
    limit = 3 * entry(body).size
    async with writing(redis, limit=limit) as writer, writing(redis, limit=limit) as other:
        for each in (writer, other, writer):
            await each.append([entry(body)])
        for each in (writer, other):
            refusal = await refused(each, entry(body))
            assert str(limit) in refusal.detail
            assert refusal.retry_after > 0
        stored = await redis.xrange(STREAM)
        assert len(stored) <= 4
        await redis.xgroup_create(STREAM, GROUP, id="0")
        await redis.xreadgroup(GROUP, "me", {STREAM: ">"})
        done = [(identifier, size_of(fields)) for identifier, fields in stored[:2]]
        assert await acknowledge(redis, 0, done) == 2
        await asyncio.sleep(0.3)  # the news of a full backlog is believed for a quarter of a second
        await writer.append([entry(body)])


async def test_a_restarted_writer_knows_the_backlog_with_its_first_append(redis: Redis) -> None:
    body = b"x" * 1000
    async with writing(redis) as writer:
        for _ in range(5):
            await writer.append([entry(body)])
    async with writing(redis, limit=3 * entry(body).size) as writer:
        await writer.append([entry(body)])
        with pytest.raises(BacklogFull):
            await writer.append([entry(body)])


async def test_an_entry_acknowledged_twice_is_subtracted_once(redis: Redis) -> None:
    async with writing(redis) as writer:
        await writer.append([entry(b"a" * 100), entry(b"b" * 200)])
    (first, fields), _ = await redis.xrange(STREAM)
    done = [(first, size_of(fields))]
    assert [await acknowledge(redis, 0, done), await acknowledge(redis, 0, done)] == [1, 0]
    assert (await read_backlog(redis, 1)).bytes == entry(b"b" * 200).size


async def test_the_counter_heals_when_the_stream_is_drained_or_lost(redis: Redis) -> None:
    async with writing(redis, limit=10_000) as writer:
        await writer.append([entry()])
        await redis.set(counter_name(0), 9_000_000)
        (first, fields), *_ = await redis.xrange(STREAM)
        await acknowledge(redis, 0, [(first, size_of(fields))])
        assert await redis.exists(counter_name(0)) == 0
        # A stream deleted by hand leaves its counter: an empty stream is an empty backlog.
        await redis.set(counter_name(0), 9_000_000)
        await refused(writer, entry())
        await redis.delete(STREAM)
        assert (await read_backlog(redis, 1)).bytes == 0


async def test_closing_sends_what_waits_and_takes_no_more(redis: Redis) -> None:
    writer = StreamWriter(redis, 1, PLENTY)
    tasks = [asyncio.create_task(writer.append([entry()])) for _ in range(3)]
    await asyncio.sleep(0)
    await writer.aclose()
    await asyncio.gather(*tasks)
    assert await redis.xlen(STREAM) == 3
    with pytest.raises(QueueUnavailable, match="stopping"):
        await writer.append([entry()])


async def test_the_oldest_entry_is_told(redis: Redis) -> None:
    assert (await read_backlog(redis, 1)).oldest_at_us is None
    async with writing(redis) as writer:
        await writer.append([entry()])
        await writer.append([entry()])
    (oldest, _), _ = await redis.xrange(STREAM)
    backlog = await read_backlog(redis, 1)
    assert backlog.entries == 2
    assert backlog.oldest_at_us == int(oldest.split(b"-")[0]) * 1000
