"""What a connection must keep to before an application sees its request: sizes of heads, and a pace.

uvicorn's httptools protocol takes heads of any size and waits for the rest of a request for ever, so that a
few slow clients hold as many connections as there are. And what it cannot parse, it answers as plain text.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from llmlab_api.errors import MEDIA_TYPE

# Of the request line and the headers; about what one read may bring can come on top.
MAX_HEAD_BYTES = 64 << 10
# A request, from its first byte to its last, may take this long, and a second more for each 4 KiB.
PATIENCE_SECONDS = 30.0
_BYTES_A_SECOND = 4 << 10
# Where an application finds what hangs up on a client at once, whatever is still to be sent to it.
ABORT = "llmlab.abort"
_CHECK_SECONDS = 5.0


class Connection(HttpToolsProtocol):
    """One client's connection."""

    patience = PATIENCE_SECONDS
    check_every = _CHECK_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to watch the pace; a client that connects and says nothing is slow too."""
        super().connection_made(transport)
        # What is being received, if anything, since when, and how much of it has come.
        self._part: Literal["head", "body"] | None = "head"
        self._since = self.loop.time()
        self._received = 0
        self._spoken = False
        self._check = self.loop.call_later(self.check_every, self._check_pace)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and refuse a head that does not end."""
        self._received += len(data)
        self._spoken = True
        super().data_received(data)
        if self._part == "head" and self._received > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(
                431, "headers_too_large", f"the headers have more than {MAX_HEAD_BYTES} bytes; send fewer"
            )

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._part, self._since, self._received = "head", self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        super().on_headers_complete()
        self.scope[ABORT] = self.transport.abort  # type: ignore[literal-required]  # a key of ours
        self._part = "body"

    def on_message_complete(self) -> None:
        """End a request; how long the connection may then idle is uvicorn's to watch."""
        self._part = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, "malformed_request", msg)

    def _check_pace(self) -> None:
        now = self.loop.time()
        if self.flow.read_paused:
            # The application is slow, not the client.
            self._since, self._received = now, 0
        allowed = self.patience + self._received / _BYTES_A_SECOND
        if self._part is not None and now - self._since > allowed and not self.transport.is_closing():
            self._refuse(408, "request_incomplete", "the request did not come in time; send it again")
            return
        self._check = self.loop.call_later(self.check_every, self._check_pace)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Hang up, and say why unless the application is about to answer, or nothing was asked."""
        if self._part == "body":
            free = not self.cycle.response_started
        else:
            free = self._spoken and (self.cycle is None or self.cycle.response_complete)
        if free:
            self.transport.write(_answer(status, code, detail))
        self.transport.close()


def _answer(status: int, code: str, detail: str) -> bytes:
    title = HTTPStatus(status).phrase
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {title}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body
