"""All streams of one API process: one reader for all watched workspaces, and a bound on everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context

from llmlab_shared.log import get_logger
from llmlab_shared.queue import live
from redis.exceptions import RedisError

from llmlab_api.errors import Problem
from llmlab_api.live.feed import Feed
from llmlab_api.services import Services

MAX_STREAMS = 500
MAX_STREAMS_OF_WORKSPACE = 20
_POLL_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_BATCHES_A_POLL = 100

log = get_logger(__name__)


class Hub:
    """Keeps a feed for each workspace with a stream, and none for the others."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.closing = False
        self._feeds: dict[int, Feed] = {}
        self._seats = 0
        self._polling: asyncio.Task[None] | None = None
        self._away = False

    @asynccontextmanager
    async def seat(self, workspace_id: int) -> AsyncIterator[Feed]:
        """Yield the workspace's feed, which runs. Raises `Problem` 429, 503, and what the database raises."""
        feed = self._admit(workspace_id)
        feed.seats += 1
        self._seats += 1
        try:
            try:
                await feed.start()
            except RedisError:
                raise queue_away() from None
            if self._polling is None or self._polling.done():
                self._polling = asyncio.create_task(self._poll(), context=Context())
            yield feed
        finally:
            feed.seats -= 1
            self._seats -= 1
            if not feed.seats and self._feeds.get(workspace_id) is feed:
                del self._feeds[workspace_id]
                feed.stop()

    def close(self) -> None:
        """End all streams, and let none begin: the server is about to wait for its requests."""
        self.closing = True
        for feed in self._feeds.values():
            feed.end_all()

    async def aclose(self) -> None:
        """Stop reading; for when no stream is left."""
        self.close()
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    def _admit(self, workspace_id: int) -> Feed:
        if self.closing:
            raise Problem(503, "stopping", "this server is stopping; connect again", headers=_SOON)
        feed = self._feeds.get(workspace_id)
        if feed is not None and feed.seats >= MAX_STREAMS_OF_WORKSPACE:
            raise _too_many(f"this workspace has {MAX_STREAMS_OF_WORKSPACE} live streams here")
        if self._seats >= MAX_STREAMS:
            raise _too_many(f"this server has {MAX_STREAMS} live streams")
        if feed is None:
            feed = self._feeds[workspace_id] = Feed(self.services, workspace_id)
        return feed

    async def _poll(self) -> None:
        """Read what workers tell of all workspaces, as long as there are any."""
        redis, loop = self.services.redis, asyncio.get_running_loop()
        while self._feeds:
            try:
                feeds = [feed for feed in self._feeds.values() if feed.ready]
                for feed in feeds:
                    if loop.time() >= feed.renew_at:
                        feed.renewed(await live.watch(redis, feed.workspace_id))
                if feeds:
                    after = {feed.workspace_id: feed.taken for feed in feeds}
                    for workspace_id, batches in (await live.read_new(redis, after, _BATCHES_A_POLL)).items():
                        if (current := self._feeds.get(workspace_id)) and current.ready:
                            current.take(batches)
                self._away = False
            except (RedisError, OSError) as error:
                # The standing is still told: it is read from the database.
                if not self._away:
                    log.warning("live_waits", reason=f"{type(error).__name__}: {error}")
                self._away = True
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(_POLL_SECONDS)


_SOON = {"Retry-After": "1"}


def queue_away() -> Problem:
    """Return the 503 for a stream that cannot be read."""
    return Problem(503, "queue_unavailable", "Redis, which live streams come through, is away", headers=_SOON)


def _too_many(what: str) -> Problem:
    return Problem(
        429,
        "too_many_streams",
        f"{what}, and takes no more; close one, or read GET /api/costs/summary now and then",
        headers={"Retry-After": "10"},
    )
