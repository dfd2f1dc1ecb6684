"""A real HTTP server that receives events, for tests of programs that report to LLMLab.

    from llmlab.testing import Receiver

    def test_my_program_reports():
        with Receiver() as receiver:
            llmlab.init(receiver.api_key, receiver.url)
            my_program()
            assert llmlab.flush()
        assert receiver.events[0]["model"] == "gpt-4o"

It needs nothing but the standard library, listens on this machine only, and keeps what it got in memory.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

_PORT = 0
_POLL = 0.02
_MAX_BODY = 16 << 20


@dataclass
class Reply:
    """An answer that a receiver is told to give instead of its own.

    `delay` is waited before answering; `take` says whether the events count as received all the same.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    take: bool = False


@dataclass
class Received:
    """A request as it came, its body unpacked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class Receiver:
    """Takes events as LLMLab does and remembers them; other requests get the answers of `answers`.

    `events` are those received, each id once, in order of arrival; `requests` all requests.
    `answers` maps `"GET /api/budgets"` to what to answer with (JSON), or to a function of the request.
    """

    api_key = "llmlab_for_tests_only"

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.requests: list[Received] = []
        self.answers: dict[str, Any] = {}
        self._replies: deque[Reply] = deque()
        self._always: Callable[[Received], Reply | None] | None = None
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = _PORT

    @property
    def url(self) -> str:
        """Where it listens; the same after `stop` and `start`."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Listen, on the port of before if there was one."""
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _POLL}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and cut the connections; what was received stays."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.cut()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reply(self, *replies: Reply) -> None:
        """Give these answers to the next posts of events, one each, before answering as usual again."""
        with self._lock:
            self._replies.extend(replies)

    def reply_always(self, decide: Callable[[Received], Reply | None] | None) -> None:
        """Ask this function about every post of events; None answers as usual."""
        self._always = decide

    @property
    def posts(self) -> list[Received]:
        """The requests that brought events."""
        return [request for request in list(self.requests) if request.path == "/api/events/track"]

    def wait_for(self, number: int, timeout: float = 10.0) -> list[dict[str, Any]]:
        """Wait until so many events have come and return them. Raises TimeoutError."""
        until = time.monotonic() + timeout
        while len(self.events) < number:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.events)} of {number} events came within {timeout:g} s")
            time.sleep(_POLL)
        return list(self.events)

    def _answer(self, request: Received) -> Reply:
        with self._lock:
            self.requests.append(request)
            if (request.method, request.path) != ("POST", "/api/events/track"):
                return self._other(request)
            reply = self._replies.popleft() if self._replies else None
        if reply is None and self._always is not None:
            reply = self._always(request)
        if reply is None or reply.take:
            content = request.json
            taken = content["events"] if isinstance(content, dict) and "events" in content else [content]
            self._take(taken)
            return reply or Reply(202, {"accepted": len(taken), "rejected": []})
        return reply

    def _take(self, events: Iterable[dict[str, Any]]) -> None:
        with self._lock:
            for event in events:
                if event["id"] not in self._seen:
                    self._seen.add(event["id"])
                    self.events.append(event)

    def _other(self, request: Received) -> Reply:
        answer = self.answers.get(f"{request.method} {request.path}")
        if callable(answer):
            answer = answer(request)
        if answer is None:
            problem = {"status": 404, "code": "not_found", "detail": "the receiver has no such answer"}
            return Reply(404, problem)
        return answer if isinstance(answer, Reply) else Reply(200, answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        self._connections: set[Any] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection is what tests are about, nothing to print."""

    def cut(self) -> None:
        """Close the kept-alive connections, as a killed process would."""
        import socket

        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MAX_BODY))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        parts = urlsplit(self.path)
        request = Received(
            self.command, parts.path, parts.query, dict(self.headers.items()), body, time.monotonic()
        )
        reply = self.server.receiver._answer(request)
        if reply.delay:
            time.sleep(reply.delay)
        content = b"" if reply.body is None else self._encoded(reply.body)
        kind = "application/json" if reply.status < 400 else "application/problem+json"
        self.send_response(reply.status)
        for name, value in {"Content-Type": kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @staticmethod
    def _encoded(body: Any) -> bytes:
        return body if isinstance(body, bytes) else json.dumps(body).encode()

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815  # http.server looks for these

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its own."""
