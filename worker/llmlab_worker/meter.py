"""What a worker process knows of itself, and telling it to the others every few seconds.

The heartbeat is a key of Redis that expires: who is alive is who has one. `llmlab workers` reads them.
"""

import asyncio
import os
import resource
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
from llmlab_shared.clock import now_us
from llmlab_shared.queue.heartbeats import EVERY, EXPIRES, Heartbeat, heartbeat_key
from redis.asyncio import Redis
from redis.exceptions import RedisError

from llmlab_worker.pipeline.process import Outcome

_WINDOW_US = 60_000_000
# Without a read or a commit for so long the consumer counts as stalled.
_STALLED_AFTER_US = 30_000_000


class Meter:
    """Counts what the consumer does."""

    def __init__(self) -> None:
        self.started_us = now_us()
        self.batches = 0
        self.last_commit_us: int | None = None
        self._alive_us = self.started_us
        self._recent: deque[tuple[int, int]] = deque()

    def alive(self) -> None:
        """Note that the consumer asked for entries and got an answer."""
        self._alive_us = now_us()

    def committed(self, outcome: Outcome) -> None:
        """Note a committed batch."""
        self._alive_us = self.last_commit_us = now_us()
        self.batches += 1
        self._recent.append((self._alive_us, outcome.stored))

    @property
    def stalled(self) -> bool:
        """Whether the consumer has neither read nor committed for half a minute."""
        return now_us() - self._alive_us > _STALLED_AFTER_US

    def events_per_second(self) -> float:
        """Return the mean rate of stored events over the last minute, or since the start if that is less."""
        now = now_us()
        while self._recent and self._recent[0][0] < now - _WINDOW_US:
            self._recent.popleft()
        seconds = max(1.0, min(_WINDOW_US, now - self.started_us) / 1e6)
        return round(sum(events for _, events in self._recent) / seconds, 1)


async def beat(
    redis: Redis, name: str, meter: Meter, held: Callable[[], int], health_key: str | None = None
) -> None:
    """Tell the world every five seconds, until cancelled; while Redis is away nobody hears it.

    `health_key` is the key that `arq --check` looks at: it is renewed only while the consumer is not
    stalled.
    """
    while True:
        beat = Heartbeat(
            name=name,
            pid=os.getpid(),
            host=socket.gethostname(),
            started_us=meter.started_us,
            at_us=now_us(),
            events_per_second=meter.events_per_second(),
            batches=meter.batches,
            last_commit_us=meter.last_commit_us,
            pending=held(),
            rss_bytes=_rss(),
            stalled=meter.stalled,
        )
        with suppress(RedisError, OSError, TimeoutError):
            await redis.set(heartbeat_key(name), msgspec.json.encode(beat), ex=EXPIRES)
            if health_key is not None and not meter.stalled:
                await redis.set(health_key, f"consumer alive, {beat.events_per_second} events/s", ex=EXPIRES)
        await asyncio.sleep(EVERY)


def _rss() -> int:
    """Return the resident memory in bytes; where the kernel does not say, the highest it has been."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
