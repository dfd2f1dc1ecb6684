"""A real HTTP server that serves answers of the contract, and a way to run the real `llmlab` against it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LLMLAB = Path(sys.executable).parent / "llmlab"
KEY = "llmlab_0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Request:
    """What arrived: `query` as pairs, `body` decoded."""

    method: str
    path: str
    query: list[tuple[str, str]]
    authorization: str | None
    body: Any


@dataclass
class AnswersOf:
    """The answers by (method, path): a status and JSON (or the bytes of a stream), or a function."""

    url: str
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    _here: threading.local = field(default_factory=threading.local)

    @property
    def current(self) -> Request:
        """What an answer that is a function is asked for; several are asked at once."""
        request: Request = self._here.request
        return request

    def take(self, request: Request) -> None:
        self._here.request = request
        self.requests.append(request)

    def get(self, path: str, answer: Any) -> None:
        self.answers["GET", path] = answer

    def seen(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]


def problem(status: int, code: str, detail: str, **more: Any) -> tuple[int, Any]:
    """Return an error of the API."""
    return status, {
        "type": "about:blank",
        "title": "-",
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }


@contextmanager
def serving() -> Iterator[AnswersOf]:
    """Run the server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            server.take(
                Request(
                    self.command,
                    parts.path,
                    parse_qsl(parts.query),
                    self.headers.get("Authorization"),
                    json.loads(raw) if raw else None,
                )
            )
            answer = server.answers.get((self.command, parts.path), problem(404, "not_found", "no such path"))
            if callable(answer):
                answer = answer()
            status, content = answer if isinstance(answer, tuple) else (200, answer)
            streamed = isinstance(content, bytes)
            encoded = content if streamed else b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(encoded)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  # names that http.server looks up

        def log_message(self, *_: object) -> None:
            pass

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = AnswersOf(f"http://127.0.0.1:{http_server.server_port}")
    thread = threading.Thread(target=http_server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http_server.shutdown()
        http_server.server_close()
        thread.join()


@dataclass
class Home:
    """A person's machine: a home folder, and the environment that commands run in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / ".llmlab" / "config.json"

    def write_config(self, content: Any) -> None:
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(content if isinstance(content, str) else json.dumps(content))
        self.config.chmod(0o600)

    def read_config(self) -> Any:
        return json.loads(self.config.read_text())

    def env(self, **more: str) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"], **self.environment, **more}

    def run(
        self, *arguments: str, given: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `llmlab` without a terminal and return how it ended."""
        return subprocess.run(
            [LLMLAB, *arguments],
            env=self.env(**(env or {})),
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
