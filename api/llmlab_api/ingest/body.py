"""Reading a request's body within its limits, whatever its headers claim.

Limits hold while the bytes come in, and while they are decompressed: a bomb stops at the limit.
"""

import asyncio
import zlib

import zstandard
from llmlab_shared.domain.events import MAX_COMPRESSED_BYTES, MAX_PLAIN_BYTES
from starlette.types import Receive

from llmlab_api.errors import Problem

# Unpacking more than this would hold up the event loop for longer than a request.
_INLINE_BYTES = 32 << 10
# What of a body is unpacked at once; each member of a gzip copies what is left of it.
_SLICE = 16 << 10
# zstd unpacks a slice without a limit, and four bytes may stand for 128 KiB.
_ZSTD_SLICE = 256

ENCODINGS = ("gzip", "zstd")


class ClientGone(Exception):
    """The client closed the connection before its body was complete; nobody waits for an answer."""


async def read_body(receive: Receive, encoding: bytes, declared: bytes) -> bytes:
    """Return the decompressed body. `encoding` and `declared` (its length) are the headers, or empty.

    Raises `Problem` 400, 413 or 415, and `ClientGone`.
    """
    compressed = _is_compressed(encoding)
    limit = MAX_COMPRESSED_BYTES if compressed else MAX_PLAIN_BYTES
    if declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(compressed)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(compressed)
    else:
        body = await _read_on(message, receive, limit, compressed)
    if not compressed:
        return body
    if len(body) > _INLINE_BYTES:
        return await asyncio.to_thread(_unpack, body, encoding)
    return _unpack(body, encoding)


async def _read_on(message: object, receive: Receive, limit: int, compressed: bool) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        assert isinstance(message, dict)
        if message["type"] != "http.request":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(compressed)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


def _is_compressed(encoding: bytes) -> bool:
    name = encoding.strip().lower()
    if name in (b"gzip", b"x-gzip", b"zstd"):
        return True
    if name in (b"", b"identity"):
        return False
    raise Problem(
        415,
        "unsupported_encoding",
        f"Content-Encoding {encoding.decode('latin-1')[:64]!r} is not understood: "
        f"send {' or '.join(ENCODINGS)}, or plain JSON",
        headers={"Accept-Encoding": ", ".join(ENCODINGS)},
    )


def _unpack(body: bytes, encoding: bytes) -> bytes:
    if encoding.strip().lower() == b"zstd":
        return _unpack_zstd(body)
    return _unpack_gzip(body)


def _unpack_gzip(body: bytes) -> bytes:
    """Unpack one or more gzip members, at most one byte beyond the limit."""
    chunks: list[bytes] = []
    room = MAX_PLAIN_BYTES + 1
    member = zlib.decompressobj(wbits=31)
    try:
        for start in range(0, len(body), _SLICE):
            rest = body[start : start + _SLICE]
            while rest and room > 0:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                chunks.append(member.decompress(rest, room))
                room -= len(chunks[-1])
                rest = member.unused_data
    except zlib.error as error:
        raise _broken("gzip", str(error)) from None
    if room > 0 and body and not member.eof:
        raise _broken("gzip", "it ends too early")
    return _within(b"".join(chunks))


def _unpack_zstd(body: bytes) -> bytes:
    """Unpack one or more zstd frames, stopping soon beyond the limit."""
    chunks: list[bytes] = []
    size = 0
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_PLAIN_BYTES)
    frame = decompressor.decompressobj()
    try:
        for start in range(0, len(body), _ZSTD_SLICE):
            rest = body[start : start + _ZSTD_SLICE]
            while rest and size <= MAX_PLAIN_BYTES:
                if frame.eof:
                    frame = decompressor.decompressobj()
                chunks.append(frame.decompress(rest))
                size += len(chunks[-1])
                rest = frame.unused_data
    except zstandard.ZstdError as error:
        raise _broken("zstd", str(error)) from None
    if size <= MAX_PLAIN_BYTES and body and not frame.eof:
        raise _broken("zstd", "it ends too early")
    return _within(b"".join(chunks))


def _within(plain: bytes) -> bytes:
    if len(plain) > MAX_PLAIN_BYTES:
        raise _too_large(False)
    return plain


def _broken(encoding: str, why: str) -> Problem:
    return Problem(400, "bad_compression", f"the body is not valid {encoding}: {why}")


def _too_large(compressed: bool) -> Problem:
    limit, what = (MAX_COMPRESSED_BYTES, "compressed") if compressed else (MAX_PLAIN_BYTES, "of plain JSON")
    return Problem(
        413,
        "body_too_large",
        f"the body is larger than {limit} bytes {what}; send the events in several requests",
        # What is still under way must not be read to its end.
        headers={"Connection": "close"},
    )
