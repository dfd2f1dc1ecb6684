"""The live stream, awaited: `AsyncLLMLab.costs.live`."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx

from llmlab._live_state import SILENCE, LiveState, ended
from llmlab._sse import Decoder
from llmlab.errors import LLMLabError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from types import TracebackType
    from typing import Self

    from llmlab._async_reads import AsyncConnection
    from llmlab.types import LiveQuery, LiveUpdate


class AsyncLive:
    """What happens in the workspace, as it happens: an asynchronous iterator of `(kind, data)`.

    The kinds, and what is done about broken connections, are those of `Live`.
    """

    def __init__(self, connect: Callable[[], AsyncConnection], query: LiveQuery) -> None:
        self._connect = connect
        self._state = LiveState(query)
        self._closed = asyncio.Event()
        self._response: httpx.Response | None = None
        self._updates = self._run()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveUpdate:
        return await anext(self._updates)

    async def close(self) -> None:
        """End the stream; whoever waits for its next step is woken."""
        self._closed.set()
        if (response := self._response) is not None:
            await response.aclose()
        with suppress(RuntimeError):  # another task runs it, and sees that it is closed
            await self._updates.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self) -> AsyncGenerator[LiveUpdate, None]:
        while not self._closed.is_set():
            connection = self._connect()
            connection.streams.add(self)
            decoder = Decoder()
            try:
                async with connection.open(*self._state.request(), silence=SILENCE) as response:
                    self._response = response
                    if self._closed.is_set():  # while the connection was being made
                        return
                    async for chunk in response.aiter_bytes():
                        for frame in decoder.feed(chunk):
                            if update := self._state.read(frame):
                                yield update
                error: LLMLabError = ended()
            except LLMLabError as raised:
                error = raised
            finally:
                self._response = None
            if self._closed.is_set():
                return
            lost, pause = self._state.broke(error)
            yield lost
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._closed.wait(), pause)
