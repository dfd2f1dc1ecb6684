"""The live stream, blocking: `LLMLab.costs.live`."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import httpx

from llmlab._live_state import SILENCE, LiveState, ended
from llmlab._sse import Decoder
from llmlab.errors import LLMLabError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType
    from typing import Self

    from llmlab._reads import Connection
    from llmlab.types import LiveQuery, LiveUpdate


class Live:
    """What happens in the workspace, as it happens: an iterator of `(kind, data)`.

    - `("spend", totals)` first, and whenever the totals of today and this month changed. In it, `gap`
      says that calls may have passed unseen, `omitted` how many were too many to show.
    - `("event", call)` for each stored call that fits the filters, in brief.
    - `("ping", {"at"})` every 15 seconds.
    - `("lost", {"error", "code", "retry_in"})` when the connection broke. The next step waits
      `retry_in` seconds, connects again and goes on where it was, without gap or repetition.

    The first connection is tried once; an error that no waiting mends is raised. `close`, from any
    thread, ends it.
    """

    def __init__(self, connect: Callable[[], Connection], query: LiveQuery) -> None:
        self._connect = connect
        self._state = LiveState(query)
        self._closed = threading.Event()
        self._response: httpx.Response | None = None
        self._updates = self._run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LiveUpdate:
        return next(self._updates)

    def close(self) -> None:
        """End the stream; whoever waits for its next step is woken."""
        self._closed.set()
        if (response := self._response) is not None:
            with suppress(OSError, KeyError):
                stream = response.extensions["network_stream"]
                # Closing alone would leave another thread waiting.
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        with suppress(ValueError):  # it runs in another thread, which sees that it is closed
            self._updates.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> Generator[LiveUpdate]:
        while not self._closed.is_set():
            try:
                yield from self._connected()
                error: LLMLabError = ended()
            except LLMLabError as raised:
                error = raised
            if self._closed.is_set():
                return
            lost, pause = self._state.broke(error)
            yield lost
            self._closed.wait(pause)

    def _connected(self) -> Generator[LiveUpdate]:
        connection = self._connect()
        connection.streams.add(self)
        decoder = Decoder()
        try:
            with connection.open(*self._state.request(), silence=SILENCE) as response:
                self._response = response
                # In this order: `close` either finds the response, or was before it and is seen here.
                if self._closed.is_set():
                    return
                for chunk in response.iter_bytes():
                    for frame in decoder.feed(chunk):
                        if update := self._state.read(frame):
                            yield update
        finally:
            self._response = None
