"""UUIDs of version 7: making them, reading the time inside, deriving them from a stream entry.

An event's identity is its UUID; the time inside a version 7 decides in which partition it lies,
so that a resend of the same event meets its first copy whatever else of it has changed.
"""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

from llmlab_shared.clock import from_us, now_us, to_us

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1
_LAST_MILLISECOND = to_us(datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)) // 1000


def _assemble(milliseconds: int, randomness: int) -> UUID:
    return UUID(
        int=(milliseconds & 0xFFFFFFFFFFFF) << 80
        | _VERSION_7
        | (randomness & _RANDOM_A)
        | _VARIANT
        | (randomness & _RANDOM_B)
    )


def uuid7(at_us: int | None = None) -> UUID:
    """Return a new random UUIDv7 of the given instant (microseconds), or of now (RFC 9562, 5.7)."""
    at = now_us() if at_us is None else at_us
    return _assemble(at // 1000, int.from_bytes(os.urandom(10), "big"))


def derive_event_id(entry: UUID, index: int, at_us: int) -> UUID:
    """Return the id of an event that came without one: the same for every delivery of its entry.

    `entry` is the stream entry's own id, `index` the event's place in it, `at_us` the event's time.
    """
    digest = hashlib.blake2b(entry.bytes + index.to_bytes(4, "big"), digest_size=10).digest()
    return _assemble(at_us // 1000, int.from_bytes(digest, "big"))


def time_in(identifier: UUID) -> datetime | None:
    """Return the instant inside a UUIDv7 (whole milliseconds), or None for any other UUID.

    48 bits hold more than a datetime can: what lies behind the year 9999 is given as its last millisecond.
    """
    number = identifier.int
    if (number >> 76) & 0xF != 7 or (number >> 62) & 0x3 != 2:
        return None
    return from_us(min(number >> 80, _LAST_MILLISECOND) * 1000)


def id_time_of(identifier: UUID, timestamp: datetime) -> datetime:
    """Return the instant that places an event in a partition: the one in its UUIDv7, else its timestamp."""
    inside = time_in(identifier)
    return timestamp if inside is None else inside


def floor_of(at_us: int) -> UUID:
    """Return the UUIDv7 that is not above any other of that instant or later, for searching by time."""
    return _assemble(at_us // 1000, 0)
