"""One watched workspace: what happens in it is read once, and told to all of its subscribers."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context

from llmlab_shared.db.outage import is_outage
from llmlab_shared.log import get_logger
from llmlab_shared.queue import live
from llmlab_shared.queue.live import Position, StoredBatch, Watch

from llmlab_api.live.frames import read_told
from llmlab_api.live.standing import Standing, read_standing
from llmlab_api.live.subscriber import Subscriber
from llmlab_api.services import Services

# The standing is read at most so often while there is news, and so often anyhow: a repricing is no news.
NEWS_SECONDS = 1.0
QUIET_SECONDS = 3.0
RENEW_SECONDS = 20.0
_RETRY_SECONDS = 1.0
# Entries of the stream, of some events each: read at a time, and held while the database is away.
BATCHES_A_READ = 10
_MOST_WAITING = 200

log = get_logger(__name__)


class Feed:
    """Reads for the subscribers of one workspace; `seats` counts them."""

    def __init__(self, services: Services, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self.seats = 0
        self.renew_at = 0.0
        self._services = services
        self._subscribers: set[Subscriber] = set()
        self._waiting: deque[StoredBatch] = deque()
        self._wake = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._standing_at = 0.0
        self._news = False
        # Set by the start: what is kept, how far entries were taken, how far they were told, the totals.
        self.watch: Watch
        self.taken: Position
        self.told: Position
        self.standing: Standing

    @property
    def ready(self) -> bool:
        """Whether it can take more; else the stream keeps what comes."""
        return self._running is not None and len(self._waiting) < _MOST_WAITING

    async def start(self) -> None:
        """Begin, or wait until it has begun. Raises what Redis or the database raises."""
        if self._starting is None:
            # Its logs are not those of the request that happens to be the first.
            self._starting = asyncio.create_task(self._start(), context=Context())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        self.renewed(await live.watch(self._services.redis, self.workspace_id))
        self.taken = self.told = self.watch.newest
        await self._read_standing()
        self._running = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Read no more."""
        for task in (self._starting, self._running):
            if task is not None:
                task.cancel()

    def renewed(self, watch: Watch) -> None:
        """Note that the workspace is watched for some while more."""
        self.renew_at = asyncio.get_running_loop().time() + RENEW_SECONDS
        self.watch = watch
        if self._running is not None and watch.since > self.taken:
            # Redis lost what it held, or nobody could say in time that the workspace is watched.
            self.taken = watch.since
            for subscriber in self._subscribers:
                subscriber.miss()

    def take(self, batches: Sequence[StoredBatch]) -> None:
        """Take what was read from the stream, to be told."""
        for batch in batches:
            if batch.position > self.taken:
                self._waiting.append(batch)
                self.taken = batch.position
        self._wake.set()

    def join(self, subscriber: Subscriber) -> bool:
        """Tell a subscriber all from its position on, and what stands; False: first it has to catch up."""
        if subscriber.position < self.told:
            return False
        self._subscribers.add(subscriber)
        # It may have changed since the subscriber was told, with nobody to tell that to.
        subscriber.tell_standing(self.standing)
        return True

    def leave(self, subscriber: Subscriber) -> None:
        """Tell a subscriber nothing more."""
        self._subscribers.discard(subscriber)

    def end_all(self) -> None:
        """End the streams of all subscribers."""
        for subscriber in self._subscribers:
            subscriber.end()

    async def _run(self) -> None:
        complained = False
        while True:
            await self._pause()
            try:
                await self._tell()
                complained = False
            except Exception as error:
                if not is_outage(error):
                    log.error("live_failed", workspace=self.workspace_id, exc_info=error)
                elif not complained:
                    log.warning("live_waits", workspace=self.workspace_id, reason=type(error).__name__)
                complained = True
                await asyncio.sleep(_RETRY_SECONDS)

    async def _pause(self) -> None:
        """Wait for news, or until the standing is due."""
        if self._waiting:
            return
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._due() - asyncio.get_running_loop().time())):
                await self._wake.wait()

    def _due(self) -> float:
        return self._standing_at + (NEWS_SECONDS if self._news else QUIET_SECONDS)

    async def _tell(self) -> None:
        while self._waiting:
            batches = [self._waiting[n] for n in range(min(BATCHES_A_READ, len(self._waiting)))]
            for batch, events in await read_told(self._services, self.workspace_id, batches):
                for subscriber in self._subscribers:
                    subscriber.tell(batch, events)
                self.told = max(self.told, batch.position)
                self._news = self._news or bool(batch.events)
                self._waiting.popleft()
        if asyncio.get_running_loop().time() >= self._due():
            await self._read_standing()
            for subscriber in self._subscribers:
                subscriber.tell_standing(self.standing)

    async def _read_standing(self) -> None:
        # Before the look, so that what is stored while it lasts is news again.
        self._standing_at = asyncio.get_running_loop().time()
        self._news = False
        self.standing = await read_standing(self._services, self.workspace_id)
