"""The wall clock, in the two units the system uses: aware UTC datetimes and integer microseconds."""

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def now_us() -> int:
    """Return the current instant in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def to_us(instant: datetime) -> int:
    """Return an aware datetime as microseconds since 1970-01-01 UTC, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return microseconds since 1970-01-01 UTC as an aware datetime, exactly."""
    return EPOCH + timedelta(microseconds=microseconds)
