"""One POST of a batch over a kept-alive connection. Only the sender thread imports it: httpx loads slowly."""

from __future__ import annotations

import zlib

import httpx

from llmlab._http import retry_after_of, settings_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab._config import Config

TRACK_PATH = "/api/events/track"
_WORTH_COMPRESSING = 1024
_GZIP = 16 + zlib.MAX_WBITS


class Unreachable(Exception):
    """No answer came; the message names the kind of failure and never what was sent."""


class Answer:
    """What came back: status, body, and how long the server asks us to wait."""

    __slots__ = ("body", "retry_after", "status")

    def __init__(self, status: int, body: bytes, retry_after: float | None) -> None:
        self.status = status
        self.body = body
        self.retry_after = retry_after


class Transport:
    """Posts batches to one server with one key."""

    def __init__(self, config: Config, timeout: float) -> None:
        self._timeout = timeout
        self._client = httpx.Client(**settings_for(config), timeout=timeout)
        self._headers = {
            "Authorization": f"Bearer {config.api_key or config.token}",
            "Content-Type": "application/json",
        }
        if config.workspace is not None:
            self._headers["X-LLMLab-Workspace"] = config.workspace

    def post(self, body: bytes, timeout: float | None = None) -> Answer:
        """Send one body, compressed when that pays. Raises Unreachable when no answer came."""
        headers = self._headers
        if len(body) >= _WORTH_COMPRESSING:
            # Level 1: events repeat themselves so much that more effort saves little.
            packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
            body = packer.compress(body) + packer.flush()
            headers = {**headers, "Content-Encoding": "gzip"}
        seconds = self._timeout if timeout is None else min(timeout, self._timeout)
        try:
            response = self._client.post(TRACK_PATH, content=body, headers=headers, timeout=seconds)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from None
        return Answer(
            response.status_code, response.content, retry_after_of(response.headers.get("Retry-After"))
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
