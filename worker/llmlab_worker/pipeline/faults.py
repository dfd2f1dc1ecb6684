"""Whose fault an error is: the data's (an event cannot be written, ever) or the world's (try again).

Only data errors may cost an event its place; everything else is retried for as long as it takes, so
that an outage sets nothing aside.
"""

import struct

import asyncpg
import msgspec
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

# Of Python's own: what making a row raises for a value that no column can hold.
ENCODING_ERRORS = (ValueError, struct.error, OverflowError, msgspec.MsgspecError, RecursionError)

# What a driver raises for a connection, and a server for itself. 08: connection. 53: disk, memory, too
# many connections. 57: shutting down, crashed, starting up. 58: its files. 25006: read only, a standby.
_AWAY = (OSError, InterfaceError, InternalClientError)
_AWAY_CLASSES = ("08", "53", "57", "58")
_READ_ONLY = "25006"

# 22: the value does not fit its type. 23: it breaks a constraint. 54: it is too large (an index row).
_DATA_CLASSES = ("22", "23", "54")
_NO_PARTITION = "23514"


def is_data_error(error: BaseException) -> bool:
    """Say whether this error of a statement comes from the data that was written."""
    state = getattr(error, "sqlstate", None)
    return isinstance(error, PostgresError) and state is not None and state[:2] in _DATA_CLASSES


def is_outage(error: BaseException) -> bool:
    """Say whether this error means that PostgreSQL cannot be reached or cannot work now."""
    if isinstance(error, _AWAY):
        return True
    state = getattr(error, "sqlstate", None)
    if not isinstance(error, PostgresError) or state is None:
        return False
    return state[:2] in _AWAY_CLASSES or state == _READ_ONLY


def is_missing_partition(error: BaseException) -> bool:
    """Say whether a row found no partition: a month that was dropped since it was known."""
    return (
        isinstance(error, asyncpg.CheckViolationError)
        and error.sqlstate == _NO_PARTITION
        and getattr(error, "constraint_name", None) is None
    )
