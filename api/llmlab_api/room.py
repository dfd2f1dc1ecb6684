"""How much of large bodies this process holds at once, so that many of them are no more than a few.

A body that fits into one entry of the stream is free. What is larger has to be let in by its size, in the
order of asking, and leaves when it is on the stream; one at a time is judged, for that needs its size again.
Who waits is not read from, so that its bytes wait in its own connection.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable

from llmlab_shared.domain.events import MAX_PLAIN_BYTES
from llmlab_shared.queue.entry import MAX_ENTRY_BYTES

from llmlab_api.errors import Problem

FREE_BYTES = MAX_ENTRY_BYTES
ROOM_BYTES = 2 * MAX_PLAIN_BYTES
# How long somebody waits to be let in, and to be judged.
PATIENCE_SECONDS = 10.0


class Room:
    """The room of one process, for one event loop."""

    def __init__(self, size: int = ROOM_BYTES, *, patience: float = PATIENCE_SECONDS) -> None:
        self._free = size
        self._patience = patience
        self._asking: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._judging = asyncio.Lock()

    def place(self) -> "Place":
        """Return a place that holds nothing yet; whoever asks for it calls its `leave` in the end."""
        return Place(self)

    async def enter(self, size: int) -> None:
        """Wait until so many bytes are free, and take them."""
        if self._asking or self._free < size:
            asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._asking.append((size, asked))
            try:
                await self._patiently(asked)
            except BaseException:
                if asked.done() and not asked.cancelled():
                    self.leave(size)
                raise
            finally:
                # Whoever gave up must not stand in the way of a smaller one.
                self._let_in()
        else:
            self._free -= size

    def leave(self, size: int) -> None:
        """Give so many bytes back."""
        self._free += size
        self._let_in()

    async def begin_judging(self) -> None:
        """Wait until nobody else's large body is judged."""
        await self._patiently(self._judging.acquire())

    def end_judging(self) -> None:
        """Let the next large body be judged."""
        self._judging.release()

    def _let_in(self) -> None:
        while self._asking and (self._asking[0][1].done() or self._asking[0][0] <= self._free):
            size, asked = self._asking.popleft()
            if not asked.done():
                self._free -= size
                asked.set_result(None)

    async def _patiently(self, turn: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            raise Problem(
                503,
                "busy",
                "too many large bodies are under way; send this again later, or in bodies of at most "
                f"{FREE_BYTES} bytes, which do not wait",
                headers={"Retry-After": "2", "Connection": "close"},
            ) from None


class Place:
    """What one request holds of the room."""

    __slots__ = ("_judging", "_room", "held")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._judging = False
        self.held = 0

    async def take(self, size: int) -> None:
        """Wait for room for a body of at most `size` bytes; only the first call does anything.

        Nobody who holds something waits for more: two could wait for each other. Raises `Problem` 503.
        """
        if not self.held:
            await self._room.enter(size)
            self.held = size

    def shrink(self, size: int) -> None:
        """Give back what the body turned out not to need."""
        if size < self.held:
            self._room.leave(self.held - size)
            self.held = size

    async def begin_judging(self) -> None:
        """Wait for one's turn; raises `Problem` 503."""
        await self._room.begin_judging()
        self._judging = True

    def leave(self) -> None:
        """Give back everything."""
        if self._judging:
            self._judging = False
            self._room.end_judging()
        if self.held:
            self._room.leave(self.held)
            self.held = 0
