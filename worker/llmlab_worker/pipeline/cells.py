"""Values as cells of PostgreSQL's binary COPY: four bytes of length, then the value; -1 is null."""

from functools import lru_cache
from struct import Struct

from msgspec import Raw

NULL = b"\xff\xff\xff\xff"
_EMPTY = (b"", b"null")

_NULL_SIZE = 4

_length = Struct(">i").pack
_integer = Struct(">iq").pack
_numeric = Struct(">ihhhhhhh").pack
_digits = Struct(">hhhh").pack
# Looking a length up takes a third of packing it.
_SHORT = 1024
_LENGTHS = [_length(size) for size in range(_SHORT)]


def number(value: int) -> bytes:
    """Return a bigint; raise `struct.error` when it is none."""
    return _integer(8, value)


def text(value: str | None) -> bytes:
    """Return a text, empty as null; raise `UnicodeEncodeError` when it cannot be encoded."""
    if not value:
        return NULL
    raw = value.encode()
    size = len(raw)
    return (_LENGTHS[size] if size < _SHORT else _length(size)) + raw


@lru_cache(maxsize=16384)
def label(value: str) -> bytes:
    """Return a text that comes again and again, empty as such."""
    raw = value.encode()
    return _length(len(raw)) + raw


def json(given: bytes | Raw) -> bytes:
    """Return JSON text as json, nothing and `null` as null."""
    raw = bytes(given)
    size = len(raw)
    if size <= _NULL_SIZE and raw in _EMPTY:
        return NULL
    return (_LENGTHS[size] if size < _SHORT else _length(size)) + raw


def jsonb(given: bytes | Raw) -> bytes:
    """Return JSON text as jsonb, nothing and `null` as null."""
    raw = bytes(given)
    return NULL if raw in _EMPTY else _length(len(raw) + 1) + b"\x01" + raw


def money(pico: int) -> bytes:
    """Return pico-USD as a numeric of twelve decimals: digits of base 10,000, three after the point."""
    high, last = divmod(pico, 10**4)
    high, middle = divmod(high, 10**4)
    whole, first = divmod(high, 10**4)
    if not whole:
        return _numeric(14, 3, -1, 0, 12, first, middle, last)
    digits = [last, middle, first]
    while whole:
        whole, digit = divmod(whole, 10**4)
        digits.append(digit)
    size = len(digits)
    encoded = b"".join(digit.to_bytes(2, "big") for digit in reversed(digits))
    return _length(8 + 2 * size) + _digits(size, size - 4, 0, 12) + encoded
