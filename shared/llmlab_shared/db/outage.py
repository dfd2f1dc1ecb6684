"""Telling "the database is away" from every other error: what callers retry or answer with 503."""

import errno
import socket
import ssl

from asyncpg import exceptions
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

_CONNECTION_ERRORS = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    ssl.SSLError,
    NoConnectionFree,
    exceptions.InterfaceError,
    exceptions.InternalClientError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,  # shutting down, starting up, crashed
    exceptions.InsufficientResourcesError,  # too many connections, disk full
    exceptions.ReadOnlySQLTransactionError,  # a standby, during a failover
)
# Of a connection that is not made, beside those that Python has classes for; ENOENT: a local server's socket.
_UNREACHABLE = frozenset(
    (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.ENOENT, errno.EACCES)
)


def is_outage(error: BaseException) -> bool:
    """Say whether this error of a query means that the database cannot answer now.

    Takes what asyncpg raises, bare or wrapped by SQLAlchemy, and `TimeoutError`.
    """
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig.__cause__ if error.orig is not None else None
        return cause is not None and is_outage(cause)
    return isinstance(error, _CONNECTION_ERRORS) or (
        isinstance(error, OSError) and _is_of_a_connection(error)
    )


def _is_of_a_connection(error: OSError) -> bool:
    """Tell a connection from a file: what failed to open a file names it."""
    if error.errno is None:
        # Of asyncio, when a name has several addresses and each failed in its own way.
        return "Multiple exceptions" in str(error)
    return error.filename is None and error.errno in _UNREACHABLE
