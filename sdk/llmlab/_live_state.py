"""Where a live stream stands, and when to come back after it broke: the same blocking and awaited."""

from __future__ import annotations

import json
import random

from llmlab import _calls
from llmlab.errors import ConnectionFailed, RateLimited, ServerUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from llmlab._sse import Frame
    from llmlab.errors import LLMLabError
    from llmlab.types import LiveQuery, LiveUpdate

# The server says something every 15 seconds; so long without a word means that nobody is there.
SILENCE = 40.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_TOLD = ("spend", "event", "ping")
# What passes by itself.
_PASSING = (ConnectionFailed, ServerUnavailable, RateLimited)


class LiveState:
    """One stream through all of its connections."""

    def __init__(self, query: Mapping[str, Any] | LiveQuery) -> None:
        self._params = _calls.filters(query)
        self._last_id: str | None = None
        self._first_pause = _FIRST_PAUSE
        self._failures = 0
        self._began = False

    def request(self) -> tuple[_calls.Call, dict[str, str]]:
        """Return the next request and its own headers."""
        headers = {"Cache-Control": "no-store"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        call = _calls.Call("GET", "/api/costs/live", params=self._params, accept="text/event-stream")
        return call, headers

    def read(self, frame: Frame) -> LiveUpdate | None:
        """Return what a frame tells, if anything."""
        if frame.retry is not None:
            self._first_pause = frame.retry / 1000
        if frame.id is not None:
            self._last_id = frame.id
        if frame.kind not in _TOLD:
            return None
        self._began, self._failures = True, 0
        return frame.kind, json.loads(frame.data)  # type: ignore[return-value]  # one of _TOLD

    def broke(self, error: LLMLabError) -> tuple[LiveUpdate, float]:
        """Return what to tell of a broken connection, and how many seconds to wait.

        Raises the error when waiting will not mend it, and at the very beginning, so that a person sees
        at once what is wrong.
        """
        if not self._began or not isinstance(error, _PASSING):
            raise error
        pause = min(self._first_pause * 2**self._failures, _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        pause = max(pause, error.retry_after or 0.0)
        self._failures = min(self._failures + 1, 10)
        return ("lost", {"error": error.detail, "code": error.code, "retry_in": pause}), pause


def ended() -> ConnectionFailed:
    """Return the error for a stream that the server ended."""
    return ConnectionFailed("the server ended the live stream", code="stream_ended")
