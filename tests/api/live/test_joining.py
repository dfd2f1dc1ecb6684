"""A stream that catches up while others go on: what changes meanwhile is told to it, nothing is lost."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest
from llmlab_api.live import stream
from llmlab_api.live.feed import Feed
from llmlab_api.live.frames import Told, frame
from llmlab_api.live.hub import Hub
from llmlab_api.live.standing import Standing
from llmlab_api.live.stream import EventStream
from llmlab_api.live.subscriber import Subscriber
from llmlab_api.services import Services
from llmlab_shared.queue import live
from llmlab_shared.queue.live import Position, StoredBatch, StoredEvent
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import create_async_engine

BEGIN = Position(1, 0)


def a_feed(services: Any = None, told: Position = BEGIN) -> Feed:
    """Return a feed that has told all up to a position, and reads nothing."""
    feed = Feed(cast("Services", services), 1)
    feed.told = told
    feed.standing = standing("1")
    return feed


def standing(spend: str) -> Standing:
    return Standing({"spend": spend}, {"as_of": time.monotonic()})


def spends(frames: list[bytes]) -> list[str]:
    return [msgspec.json.decode(one.split(b"data: ")[1])["spend"] for one in frames]


async def test_totals_that_changed_before_it_joined_are_told() -> None:
    feed = a_feed()
    joined, late = (Subscriber({}, BEGIN, gap=False) for _ in range(2))
    for subscriber in (joined, late):
        subscriber.tell_standing(feed.standing)
        assert spends(await subscriber.take(0)) == ["1"]
    assert feed.join(joined)
    assert await joined.take(0) == [], "told once"
    feed.standing = standing("2")
    assert feed.join(late)
    assert spends(await late.take(0)) == ["2"]


async def test_a_ping_is_not_ahead_of_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PING_SECONDS", 0.02)
    monkeypatch.setattr(stream, "CHECK_SECONDS", 0.02)
    subscriber = Subscriber({}, BEGIN, gap=False)
    after = Position(2, 0)

    async def allowed() -> bool:
        # A call comes while the database is asked, and then the stream ends.
        if subscriber.position == BEGIN:
            event = {"tags": None}
            subscriber.tell(StoredBatch(after, [], 0), [Told(after, event, frame("event", after, event))])
            return True
        return False

    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message["body"])

    hub = cast("Hub", SimpleNamespace(closing=False, services=None))
    await EventStream(hub, 1, {}, None, allowed)._run(a_feed(), subscriber, {}, send)
    frames = b"".join(sent).split(b"\n\n")
    ids = [line for one in frames for line in one.split(b"\n") if line.startswith(b"id: ")]
    kinds = [one.partition(b"\n")[0] for one in frames if b"id: " in one]
    first_ping = kinds.index(b"event: ping")
    assert first_ping < kinds.index(b"event: event")
    assert ids[first_ping] == b"id: %b" % str(BEGIN).encode()


async def test_without_the_database_it_ends_and_is_come_back_to(database_url: str, redis_url: str) -> None:
    url = database_url.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    async with Redis.from_url(redis_url) as redis, engine.connect():  # the only one there is
        begin = (await live.watch(redis, 1)).newest
        await live.tell(redis, {1: ([StoredEvent(0, uuid4().bytes)], 0)})
        services = SimpleNamespace(redis=redis, engine=engine)
        hub = cast("Hub", SimpleNamespace(closing=False, services=services))
        subscriber = Subscriber({}, begin, gap=False)
        feed = a_feed(services, (await live.watch(redis, 1)).newest)
        async with asyncio.timeout(5):
            response = EventStream(hub, 1, {}, begin, cast("Any", None))
            assert not await response._catch_up(feed, subscriber, {}, cast("Any", None))
        assert subscriber.position == begin, "nothing is passed over"
    await engine.dispose()
