"""The consumer: reads batches off the streams, has them written, acknowledges them.

Several tasks take turns at reading and work side by side, so that one computes while another waits for
PostgreSQL. What they hold is renewed while they work on it. Nothing but the events' own fault takes an
entry off the stream unwritten: while PostgreSQL or Redis is away, everything waits.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import asyncpg
from llmlab_shared.clock import now_us
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.log import get_logger
from llmlab_shared.queue.entry import Entry
from llmlab_shared.queue.reader import RECLAIM_AFTER_MS, RENEW_EVERY, Message, StreamReader
from redis.exceptions import RedisError

from llmlab_worker.live import LivePublisher
from llmlab_worker.meter import Meter
from llmlab_worker.pipeline.decode import unreadable_id
from llmlab_worker.pipeline.faults import is_outage
from llmlab_worker.pipeline.process import Lanes, Outcome, process_entries
from llmlab_worker.pipeline.reference import Reference

TASKS = 2
BATCH_BYTES = 8 << 20
LINGER = 0.02
_WAIT = 0.5
_RECLAIM_EVERY = 2.0
_CLEAN_EVERY = 600.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0

T = TypeVar("T")

log = get_logger(__name__)


class Stopping(Exception):
    """The consumer was told to stop while something it waited for was away."""


class Consumer:
    """Consumes the streams of one Redis into one PostgreSQL until it is told to stop."""

    def __init__(
        self,
        reader: StreamReader,
        pool: asyncpg.Pool,
        meter: Meter,
        live: LivePublisher,
        crossed: Callable[[], object] = lambda: None,
    ) -> None:
        """Consume with these; `crossed` is called when a commit took budgets past thresholds."""
        self._crossed = crossed
        self._reader = reader
        self._live = live
        self._pool = pool
        self._meter = meter
        self._partitions = Partitions()
        self._reference = Reference()
        self._lanes = Lanes()
        self._held: dict[bytes, Message] = {}
        self._turn = asyncio.Lock()
        self._stop = asyncio.Event()
        self._away: set[str] = set()

    def held(self) -> int:
        """Return how many entries this consumer is working on."""
        return len(self._held)

    def stop(self) -> None:
        """Read no more; what was read is still written and acknowledged."""
        self._stop.set()

    async def run(self) -> None:
        """Consume until `stop`; returns when everything that was read is settled or left to others."""
        helpers = [
            asyncio.create_task(self._every(RENEW_EVERY, self._renew)),
            asyncio.create_task(self._every(_CLEAN_EVERY, self._reader.remove_gone)),
        ]
        pumps = [asyncio.create_task(self._pump(first=number == 0)) for number in range(TASKS)]
        try:
            await asyncio.gather(*pumps)
        finally:
            for task in (*pumps, *helpers):
                task.cancel()
            await asyncio.gather(*pumps, *helpers, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._reader.leave()

    async def _pump(self, *, first: bool) -> None:
        loop = asyncio.get_running_loop()
        reclaim_at = loop.time()
        while not self._stop.is_set():
            with suppress(Stopping):
                async with self._turn:
                    messages: list[Message] = []
                    if first and loop.time() >= reclaim_at:
                        messages = await self._insist("redis", self._reclaim)
                        reclaim_at = loop.time() + (0 if messages else _RECLAIM_EVERY)
                    if not messages and not self._stop.is_set():
                        messages = await self._insist("redis", self._read)
                    self._held.update({message.id: message for message in messages})
                if messages:
                    await self._settle(messages)

    async def _read(self) -> list[Message]:
        messages = await self._reader.read(BATCH_BYTES, linger=LINGER, wait=_WAIT, stopping=self._stop.is_set)
        self._meter.alive()
        return messages

    async def _reclaim(self) -> list[Message]:
        messages = await self._reader.reclaim(BATCH_BYTES, idle_ms=RECLAIM_AFTER_MS)
        # An own entry is here only when Redis lost a renewal: its task still works on it.
        messages = [message for message in messages if message.id not in self._held]
        if messages:
            log.warning("entries_reclaimed", entries=len(messages))
        return messages

    async def _settle(self, messages: Sequence[Message]) -> None:
        """Write what was read and acknowledge it; on `Stopping` it is left to be reclaimed."""
        started = now_us()
        try:
            entries = [open_entry(message) for message in messages]
            outcome = await self._insist("postgresql", lambda: self._process(entries))
            self._meter.committed(outcome)
            if outcome.crossings:
                self._crossed()
            await self._insist("redis", lambda: self._reader.acknowledge(messages))
        finally:
            for message in messages:
                self._held.pop(message.id, None)
        await self._live.publish(outcome.items)
        log.debug(
            "batch",
            entries=len(entries),
            stored=outcome.stored,
            duplicates=outcome.duplicates,
            dead=outcome.dead,
            redelivered=outcome.redelivered,
            crossings=outcome.crossings,
            ms=(now_us() - started) // 1000,
        )

    async def _process(self, entries: Sequence[Entry]) -> Outcome:
        return await process_entries(
            self._pool, self._partitions, self._reference, entries, lanes=self._lanes
        )

    async def _insist(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make an attempt until it succeeds; say once that something is away, and once that it is back.

        Raises `Stopping` when an attempt fails while stopping.
        """
        pause = _SHORTEST_PAUSE
        while True:
            try:
                result = await attempt()
            except Exception as error:
                self._complain(what, error)
            else:
                if what in self._away:
                    self._away.discard(what)
                    log.info("back", what=what)
                return result
            if self._stop.is_set():
                raise Stopping
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.5, 1)):
                    await self._stop.wait()
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _complain(self, what: str, error: Exception) -> None:
        if isinstance(error, RedisError) or is_outage(error):
            if what not in self._away:
                self._away.add(what)
                log.warning("away", what=what, reason=f"{type(error).__name__}: {error}", then="retrying")
        elif isinstance(error, _CONTENTION):
            log.info("contended", reason=f"{type(error).__name__}: {error}")
        else:
            log.error("batch_failed", what=what, exc_info=error)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            with suppress(RedisError, OSError, TimeoutError):
                await work()

    async def _renew(self) -> None:
        if self._held:
            await self._reader.renew(list(self._held.values()))


_CONTENTION = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


def open_entry(message: Message) -> Entry:
    """Return a message's entry; one that is none becomes an entry that can only be set aside whole."""
    try:
        return Entry.from_fields(message.fields)
    except (ValueError, KeyError):
        fields = message.fields
        content = b"\n".join(b"%b: %b" % (name, value) for name, value in fields.items())
        return Entry(
            id=unreadable_id(message.shard, message.id),
            workspace_id=0,
            api_key_id=0,
            at_us=int(message.id.partition(b"-")[0]) * 1000,
            events=0,
            body=content,
        )
