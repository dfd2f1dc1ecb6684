"""One stream as a response: it goes on until its client leaves, its credentials end or the server stops."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from llmlab_shared import clock
from llmlab_shared.db.outage import is_outage
from llmlab_shared.queue.live import Position, read_from, watch
from redis.exceptions import RedisError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from llmlab_api.connections import ABORT
from llmlab_api.live.feed import BATCHES_A_READ, Feed
from llmlab_api.live.frames import RETRY, frame, read_told
from llmlab_api.live.hub import Hub, queue_away
from llmlab_api.live.subscriber import Subscriber
from llmlab_api.middleware import HEAD_ONLY

PING_SECONDS = 15.0
CHECK_SECONDS = 3.0
# A client that takes nothing for so long is hung up on.
PATIENCE_SECONDS = 30.0


class EventStream(Response):
    """The response. What cannot begin raises a `Problem`, before anything is sent.

    `allowed` says whether the caller still may; it is asked every few seconds.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: Hub,
        workspace_id: int,
        filters: Mapping[str, Sequence[str]],
        last: Position | None,
        allowed: Callable[[], Awaitable[bool]],
    ) -> None:
        self._hub = hub
        self._workspace_id = workspace_id
        self._filters = filters
        self._last = last
        self._allowed = allowed
        self.status_code = 200
        self.background = None
        # Neither browsers nor proxies (nginx by the second) may keep it for later.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get(HEAD_ONLY):
            await self._send(scope, send, None)
            await send({"type": "http.response.body", "body": b""})
            return
        async with self._hub.seat(self._workspace_id) as feed:
            begin = await self._kept(feed)
            subscriber = Subscriber(
                self._filters, begin or feed.told, gap=self._last is not None and begin is None
            )
            leaving = asyncio.create_task(_end_when_gone(receive, subscriber))
            try:
                await self._send(scope, send, None)
                with suppress(_HungUp):
                    await self._run(feed, subscriber, scope, send)
                    await send({"type": "http.response.body", "body": b""})
            finally:
                feed.leave(subscriber)
                leaving.cancel()

    async def _run(self, feed: Feed, subscriber: Subscriber, scope: Scope, send: Send) -> None:
        subscriber.tell_standing(feed.standing)
        await self._send(scope, send, [RETRY, *await subscriber.take(0)])
        if not await self._catch_up(feed, subscriber, scope, send):
            return
        loop = asyncio.get_running_loop()
        ping_at, check_at = loop.time() + PING_SECONDS, loop.time() + CHECK_SECONDS
        while True:
            frames = await subscriber.take(min(ping_at, check_at) - loop.time())
            # How far these frames go: while we ask for leave, more is told to the subscriber.
            position = subscriber.position
            now = loop.time()
            if subscriber.ended or self._hub.closing:
                break
            if now >= check_at:
                if not await self._allowed():
                    break
                check_at = loop.time() + CHECK_SECONDS
            if now >= ping_at:
                frames.append(frame("ping", position, {"at": _now()}))
                ping_at = now + PING_SECONDS
            if frames:
                await self._send(scope, send, frames)

    async def _kept(self, feed: Feed) -> Position | None:
        """Return where the client was if all since is kept, as far as it was told of."""
        if self._last is None:
            return None
        try:
            feed.renewed(await watch(self._hub.services.redis, self._workspace_id))
        except (RedisError, OSError):
            raise queue_away() from None
        return self._last if feed.watch.since <= self._last <= feed.watch.newest else None

    async def _catch_up(self, feed: Feed, subscriber: Subscriber, scope: Scope, send: Send) -> bool:
        """Send what the client missed while it was away; False when that failed, so that it comes again."""
        services = self._hub.services
        while not feed.join(subscriber):
            if subscriber.ended or self._hub.closing:
                return False
            try:
                batches = await read_from(
                    services.redis, self._workspace_id, subscriber.position, BATCHES_A_READ
                )
                if not batches or batches[0].position.entry != subscriber.position.entry:
                    # It was dropped while others were read, or never was: nobody knows what followed it.
                    subscriber.miss()
                    subscriber.position = feed.told
                    continue
                for batch, events in await read_told(services, self._workspace_id, batches):
                    subscriber.tell(batch, events)
            except Exception as error:
                if not isinstance(error, RedisError) and not is_outage(error):
                    raise
                return False
            await self._send(scope, send, await subscriber.take(0))
        return True

    async def _send(self, scope: Scope, send: Send, frames: Sequence[bytes] | None) -> None:
        """Send the head (None) or frames. Raises `_HungUp` when the client does not take them."""
        if frames is None:
            message = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        else:
            message = {"type": "http.response.body", "body": b"".join(frames), "more_body": True}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await send(message)
        except TimeoutError:
            abort = scope.get(ABORT)
            if abort is not None:
                abort()
            raise _HungUp from None


class _HungUp(Exception):
    """The client took nothing for too long."""


async def _end_when_gone(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.end()


def _now() -> str:
    now = clock.now()
    return (now - timedelta(microseconds=now.microsecond % 1000)).isoformat().replace("+00:00", "Z")
