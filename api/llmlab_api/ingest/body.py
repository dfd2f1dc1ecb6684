"""Reading a request's body within its limits, whatever its headers claim.

Limits hold while the bytes come in, and while they are decompressed: a bomb stops at the limit.
"""

import asyncio
import zlib

import zstandard
from llmlab_shared.domain.events import MAX_COMPRESSED_BYTES, MAX_PLAIN_BYTES
from starlette.types import Message, Receive

from llmlab_api.errors import Problem
from llmlab_api.room import FREE_BYTES, Place

Body = bytes | bytearray

# Unpacking more than this would hold up the event loop for longer than a request.
_INLINE_BYTES = 32 << 10
# What of a body is unpacked at once; each member of a gzip copies what is left of it.
_SLICE = 16 << 10
# zstd unpacks a slice without a limit, and four bytes may stand for 128 KiB.
_ZSTD_SLICE = 32
# What comes out of a slice of gzip at once.
_PIECE = 256 << 10

# Room is scarce: who holds some has this long, and a second more for each 128 KiB of the body.
_LARGE_SECONDS = 15.0
_LARGE_BYTES_A_SECOND = 128 << 10

ENCODINGS = ("gzip", "zstd")


class ClientGone(Exception):
    """The client closed the connection before its body was complete; nobody waits for an answer."""


async def read_body(receive: Receive, encoding: bytes, declared: bytes, place: Place) -> Body:
    """Return the decompressed body. `encoding` and `declared` (its length) are the headers, or empty.

    A large one takes its room in `place`. Raises `Problem` 400, 408, 413, 415 or 503, and `ClientGone`.
    """
    compressed = _is_compressed(encoding)
    limit = MAX_COMPRESSED_BYTES if compressed else MAX_PLAIN_BYTES
    size = int(declared[:20]) if declared.isdigit() else 0
    if size > limit:
        raise _too_large(compressed)
    if size > FREE_BYTES:
        # What is compressed and yet large will be as large as it may be.
        await place.take(MAX_PLAIN_BYTES if compressed else size)
    message = await receive()
    body: Body
    if message["type"] == "http.request" and not message.get("more_body", False):
        body = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(compressed)
    else:
        body = await _read_on(message, receive, limit, compressed, place)
    return await _unpacked(body, encoding, place) if compressed else body


async def _read_on(message: Message, receive: Receive, limit: int, compressed: bool, place: Place) -> Body:
    chunks: list[bytes] = []
    size = 0
    while True:
        chunks.append(_chunk(message))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(compressed)
        if not message.get("more_body", False):
            return b"".join(chunks)
        if place.held or size > FREE_BYTES:
            break
        message = await receive()
    await place.take(MAX_PLAIN_BYTES)
    # In one piece, because joining many takes as much room again; and in time.
    body = bytearray().join(chunks)
    chunks.clear()
    try:
        async with asyncio.timeout(_LARGE_SECONDS + place.held / _LARGE_BYTES_A_SECOND):
            while True:
                message = await receive()
                body += _chunk(message)
                if len(body) > limit:
                    raise _too_large(compressed)
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        raise _too_slow() from None


def _chunk(message: Message) -> bytes:
    if message["type"] != "http.request":
        raise ClientGone
    chunk: bytes = message.get("body", b"")
    return chunk


async def _unpacked(body: Body, encoding: bytes, place: Place) -> Body:
    """Unpack into what is free if that is enough, else into a place."""
    for room in (FREE_BYTES, MAX_PLAIN_BYTES)[place.held > 0 :]:
        if len(body) > _INLINE_BYTES or room > FREE_BYTES:
            plain = await asyncio.to_thread(_unpack, body, encoding, room)
        else:
            plain = _unpack(body, encoding, room)
        if plain is not None:
            place.shrink(len(plain))
            return plain
        await place.take(MAX_PLAIN_BYTES)
    raise _too_large(False)


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


def _unpack(body: Body, encoding: bytes, room: int) -> bytearray | None:
    """Return what a body unpacks to, or None as soon as that is more than fits into `room` bytes."""
    if encoding.strip().lower() == b"zstd":
        return _unpack_zstd(body, room)
    return _unpack_gzip(body, room)


def _unpack_gzip(body: Body, room: int) -> bytearray | None:
    """Unpack one or more gzip members."""
    plain = bytearray()
    member = zlib.decompressobj(wbits=31)
    try:
        for start in range(0, len(body), _SLICE):
            rest = bytes(body[start : start + _SLICE])
            while rest:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                plain += member.decompress(rest, _PIECE)
                if len(plain) > room:
                    return None
                rest = member.unused_data if member.eof else member.unconsumed_tail
    except zlib.error as error:
        raise _broken("gzip", str(error)) from None
    if body and not member.eof:
        raise _broken("gzip", "it ends too early")
    return plain


def _unpack_zstd(body: Body, room: int) -> bytearray | None:
    """Unpack one or more zstd frames."""
    plain = bytearray()
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_PLAIN_BYTES)
    frame = decompressor.decompressobj()
    try:
        for start in range(0, len(body), _ZSTD_SLICE):
            rest = bytes(body[start : start + _ZSTD_SLICE])
            while rest:
                if frame.eof:
                    frame = decompressor.decompressobj()
                plain += frame.decompress(rest)
                if len(plain) > room:
                    return None
                rest = frame.unused_data
    except zstandard.ZstdError as error:
        raise _broken("zstd", str(error)) from None
    if body and not frame.eof:
        raise _broken("zstd", "it ends too early")
    return plain


def _broken(encoding: str, why: str) -> Problem:
    return Problem(400, "bad_compression", f"the body is not valid {encoding}: {why}")


def _too_slow() -> Problem:
    return Problem(
        408,
        "request_incomplete",
        f"a body of more than {FREE_BYTES} bytes comes with at least {_LARGE_BYTES_A_SECOND} bytes a second; "
        "send the events in several requests",
        headers={"Connection": "close"},
    )


def _too_large(compressed: bool) -> Problem:
    limit, what = (MAX_COMPRESSED_BYTES, "compressed") if compressed else (MAX_PLAIN_BYTES, "of plain JSON")
    return Problem(
        413,
        "body_too_large",
        f"the body is larger than {limit} bytes {what}; send the events in several requests",
        # What is still under way must not be read to its end.
        headers={"Connection": "close"},
    )
