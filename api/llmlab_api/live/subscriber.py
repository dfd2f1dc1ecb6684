"""One client of a stream: what waits to be sent to it, which is bounded whatever the client does."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from llmlab_shared.queue.live import Position, StoredBatch

from llmlab_api.live.frames import Told, frame, matches
from llmlab_api.live.standing import Standing

# What a client that reads slowly may leave waiting here; older events are left out and counted.
MAX_WAITING_BYTES = 512 << 10


class Subscriber:
    """Takes what happens in a workspace from `position` on, and hands it out as frames.

    The standing is sent as it is when its turn comes, so that of several only the last waits. With
    filters, omitted events are those that nobody looked at, whether they fit or not.
    """

    def __init__(self, filters: Mapping[str, Sequence[str]], position: Position, *, gap: bool) -> None:
        self.position = position
        self.ended = False
        self._filters = filters
        self._gap = gap
        self._omitted = 0
        self._events: deque[bytes] = deque()
        self._bytes = 0
        self._standing: Standing | None = None
        self._untold = False
        self._wake = asyncio.Event()

    def tell(self, batch: StoredBatch, events: Sequence[Told]) -> None:
        """Take what follows the position; what was taken before is passed over."""
        if batch.position <= self.position:
            return
        for told in events:
            if told.position > self.position and matches(told.event, self._filters):
                self._append(told.frame)
        self._omitted += batch.omitted
        self.position = batch.position

    def tell_standing(self, standing: Standing) -> None:
        """Take the newest standing, which is to be sent when its figures are others than those before."""
        if self._standing is None or standing.figures != self._standing.figures:
            self._untold = True
            self._wake.set()
        self._standing = standing

    def miss(self) -> None:
        """Note that something was not told, nobody knows what."""
        self._gap = self._untold = True
        self._wake.set()

    def end(self) -> None:
        """Send nothing more."""
        self.ended = True
        self._wake.set()

    async def take(self, patience: float) -> list[bytes]:
        """Return the frames that wait; nothing after so many seconds without any, or at the end."""
        if not (self._events or self._untold or self.ended):
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._wake.wait()
        frames = list(self._events)
        self._events.clear()
        self._bytes = 0
        if self._untold and self._standing is not None:
            frames.append(frame("spend", self.position, self._spend(self._standing)))
        return frames

    def _spend(self, standing: Standing) -> dict[str, Any]:
        data = {**standing.figures, **standing.moment, "gap": self._gap, "omitted": self._omitted}
        self._gap, self._omitted, self._untold = False, 0, False
        return data

    def _append(self, event: bytes) -> None:
        self._events.append(event)
        self._bytes += len(event)
        while self._bytes > MAX_WAITING_BYTES:
            self._bytes -= len(self._events.popleft())
            self._omitted += 1
            self._untold = True
        self._wake.set()
