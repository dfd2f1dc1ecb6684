"""What every request passes on its way in and every response on its way out.

One plain ASGI layer does it all, because the ingest route goes through it thousands of times a second:
a request id, security headers, a limit on bodies, one log line, and an answer for what nobody foresaw.
"""

import os
import re
import time
from collections.abc import Iterable

import structlog
from fastapi import FastAPI
from llmlab_shared.log import get_logger
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llmlab_api.errors import Problem, problem_response
from llmlab_api.outage import BrokenOff

# Of every route but those in `own_limit`, which have larger ones of their own. JSON of nothing but brackets
# becomes thirty times as large when it is decoded, and nobody needs to be signed in for that.
MAX_BODY_BYTES = 64 << 10

# In the scope of a request for the head alone, for routes whose body costs much or never ends.
HEAD_ONLY = "llmlab.head_only"

# Below one packet there is nothing to win. The level: of a megabyte of groups, 3 leaves 17 % in 13 ms, the
# library's own 9 leaves 14 % in 120 ms.
_COMPRESSED_FROM = 1400
_COMPRESSION = 3

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]

log = get_logger(__name__)


def install(
    app: FastAPI,
    *,
    origins: list[str],
    own_limit: Iterable[str],
    quiet: Iterable[str],
    files: str,
    uncompressed: Iterable[str],
    shortcut: tuple[str, ASGIApp],
) -> None:
    """Put the layers around an application.

    `origins` may call from a browser; `own_limit` are paths that limit their bodies themselves; `quiet`
    are paths, and `files` the beginning of paths, whose requests leave no line in the log unless they
    fail; `uncompressed` are types of content that go out as they are; `shortcut` is a path and what
    answers a POST to it, by itself, errors included.
    """
    # Innermost: what it holds back until the first bytes are there may still become an error. The live stream
    # is left as it is, and so is what comes compressed from `web`.
    app.add_middleware(
        GZipMiddleware,
        minimum_size=_COMPRESSED_FROM,
        compresslevel=_COMPRESSION,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *uncompressed),
    )
    app.add_middleware(Edge, own_limit=frozenset(own_limit), quiet=frozenset(quiet), files=files)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Content-Encoding",
                "Last-Event-ID",
                "X-API-Key",
                "X-LLMLab-Workspace",
                "X-Request-ID",
            ],
            expose_headers=[
                "Retry-After",
                "X-Request-ID",
                "Content-Disposition",
                "X-LLMLab-From",
                "X-LLMLab-To",
                "X-LLMLab-Rows",
                "X-LLMLab-Rows-Without-Cost",
            ],
            max_age=3600,
        )
    path, endpoint = shortcut
    app.add_middleware(Shortcut, path=path, endpoint=endpoint, files=files, browsers=bool(origins))


class Edge:
    """The layer itself."""

    def __init__(self, app: ASGIApp, own_limit: frozenset[str], quiet: frozenset[str], files: str) -> None:
        self.app = app
        self._own_limit = own_limit
        self._quiet = quiet
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Whoever watches /health may ask so; FastAPI's routes know GET only.
            await self({**scope, "method": "GET", HEAD_ONLY: True}, receive, _without_bodies(send))
            return
        path: str = scope["path"]
        declared, sent_id = _length_and_id(scope)
        request_id = sent_id if _REQUEST_ID.fullmatch(sent_id) else os.urandom(8).hex().encode()
        status = 0

        async def outgoing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id), *_SECURITY]
            await send(message)

        quiet = path in self._quiet or path.startswith(self._files)
        began = time.perf_counter()
        if not quiet:
            structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            if path not in self._own_limit:
                receive = _limited(receive, declared)
            await self.app(scope, receive, outgoing)
        except HTTPException as error:
            # Of `_limited`, before a route was reached.
            if status:
                raise
            refusal = Problem(error.status_code, "body_too_large", error.detail, headers=error.headers)
            await problem_response(refusal)(scope, receive, outgoing)
        except ClientDisconnect:
            # Its client hung up, or was given up, in the middle of the body: nobody waits for an answer.
            pass
        except BrokenOff:
            # An answer that is not completed is closed by the server.
            pass
        except Exception:
            log.exception("request failed", method=scope["method"], path=path, request_id=request_id.decode())
            if status:
                # Half an answer is out; only closing the connection can say that it is broken.
                raise
            await problem_response(_unforeseen(request_id))(scope, receive, outgoing)
        if not quiet:
            log.info(
                "request",
                method=scope["method"],
                path=path,
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
            structlog.contextvars.unbind_contextvars("request_id")


class Shortcut:
    """Takes one route past nearly everything that FastAPI and Starlette put around routes.

    Requests from web pages take the long way if any may come (`browsers`), for their CORS headers.
    """

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp, files: str, browsers: bool) -> None:
        self._app = app
        self._path = path
        self._endpoint = Edge(endpoint, frozenset((path,)), frozenset((path,)), files)
        self._browsers = browsers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, one way or the other."""
        if (
            scope["type"] == "http"
            and scope["path"] == self._path
            and scope["method"] == "POST"
            and not (self._browsers and any(name == b"origin" for name, _ in scope["headers"]))
        ):
            await self._endpoint(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _length_and_id(scope: Scope) -> tuple[bytes, bytes]:
    declared = sent_id = b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            declared = value
        elif name == b"x-request-id":
            sent_id = value
    return declared, sent_id


def _without_bodies(send: Send) -> Send:
    async def outgoing(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return outgoing


def _unforeseen(request_id: bytes) -> Problem:
    return Problem(
        500,
        "internal_error",
        f"something failed that should not have; the server's log has it under request {request_id.decode()}",
    )


def _limited(receive: Receive, declared: bytes) -> Receive:
    """Return a `receive` that ends a body over the limit with an `HTTPException` 413, as FastAPI passes on.

    A length that is declared is refused before a byte is read.
    """
    if declared.isdigit() and int(declared[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return counted


def _too_large() -> HTTPException:
    return HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes", {"Connection": "close"})
