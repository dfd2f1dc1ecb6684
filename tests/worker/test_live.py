"""Telling watchers what was stored: the watched alone, what is new alone, never in the ledger's way."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from ledger import Ledger, entry_of, event
from llmlab_shared.clock import from_us, now_us
from llmlab_shared.ids import uuid7
from llmlab_shared.queue import live
from llmlab_shared.queue.live import MOST_EVENTS, Position
from llmlab_worker.live import LivePublisher
from redis.asyncio import Redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as connected:
        yield connected


async def test_the_watched_are_told_what_is_new(ledger: Ledger, redis: Redis) -> None:
    publisher = LivePublisher(redis)
    watched, other = await ledger.workspace(), await ledger.workspace()
    before = await live.watch(redis, watched)
    ids = [uuid7(now_us() + n * 1000) for n in range(3)]
    first = entry_of(event(id=str(ids[0])), event(id=str(ids[1])), workspace_id=watched)
    await publisher.publish((await ledger.process(first)).items)
    # One was stored before, one is new, and somebody else's are nobody's business.
    again = entry_of(event(id=str(ids[1])), event(id=str(ids[2])), workspace_id=watched)
    outcome = await ledger.process(again, entry_of(event(), workspace_id=other))
    assert (outcome.stored, outcome.duplicates) == (2, 1)
    await publisher.publish(outcome.items)
    await publisher.publish((await ledger.process(again)).items)

    told = (await live.read_new(redis, {watched: before.newest, other: before.newest}, 100))[watched]
    assert [[UUID(bytes=e.id) for e in batch.events] for batch in told] == [ids[:2], ids[2:]]
    stored = {row["id"]: row["id_time"] for row in await ledger.events()}
    assert all(from_us(e.id_time_us) == stored[UUID(bytes=e.id)] for batch in told for e in batch.events)
    assert {batch.omitted for batch in told} == {0}
    assert await redis.keys(f"*{other}*") == []


async def test_a_burst_is_named_in_part_and_counted_in_full(ledger: Ledger, redis: Redis) -> None:
    workspace = await ledger.workspace()
    before = await live.watch(redis, workspace)
    calls = [event(id=str(uuid7(now_us() + n * 1000))) for n in range(MOST_EVENTS + 5)]
    await LivePublisher(redis).publish((await ledger.process(entry_of(*calls, workspace_id=workspace))).items)
    (batch,) = (await live.read_new(redis, {workspace: before.newest}, 100))[workspace]
    assert [str(UUID(bytes=e.id)) for e in batch.events] == [call["id"] for call in calls[5:]], "the newest"
    assert batch.omitted == 5


async def test_trouble_with_redis_is_nobodys_trouble(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    outcome = await ledger.process(entry_of(event(), workspace_id=workspace))
    async with Redis.from_url("redis://127.0.0.1:1") as away:
        publisher = LivePublisher(away)
        began = time.monotonic()
        for _ in range(3):
            await publisher.publish(outcome.items)
    assert time.monotonic() - began < 10, "it gives up by itself"


async def test_whoever_was_away_too_long_learns_that(redis: Redis) -> None:
    first = await live.watch(redis, 7)
    assert first.since == first.newest
    await live.tell(redis, {7: ([], 1)})
    renewed = await live.watch(redis, 7)
    assert renewed.since == first.since < renewed.newest, "watched all the time"
    assert await live.watched(redis) == {7}

    await redis.zadd("llmlab:{live}:watched", {"7": 1})
    assert await live.watched(redis) == set()
    anew = await live.watch(redis, 7)
    assert anew.since > renewed.newest, "not watched for a while"

    await live.tell(redis, {7: ([], 1)})
    await redis.xtrim("llmlab:{live}:7", maxlen=1, approximate=False)
    full = await live.watch(redis, 7)
    assert full.since > anew.since, "the oldest entries were dropped"
    (oldest, *_) = await live.read_from(redis, 7, Position(0, 0), 1)
    assert full.since == oldest.position


@pytest.mark.parametrize("text", ["1-2", "1795438801234-0", "1795438801234-3:49"])
def test_positions_are_read_back(text: str) -> None:
    assert str(Position.read(text)) == text
    assert Position.read("5-1:3") < Position.read("5-1:10") < Position.read("5-1") < Position.read("5-2:0")


@pytest.mark.parametrize("text", ["", "1", "-1-2", "1-2:", "1-2-3", "1-2:x", "١-2", "1-2\n", "9" * 30 + "-0"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no position"):
        Position.read(text)
