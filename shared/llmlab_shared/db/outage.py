"""Telling "the database is away" from every other error: what callers retry or answer with 503."""

from asyncpg import exceptions
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# ConnectionError, TimeoutError and the resolver's errors are OSErrors: no other file is touched by a query.
_CONNECTION_ERRORS = (
    OSError,
    NoConnectionFree,
    exceptions.InterfaceError,
    exceptions.InternalClientError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,  # shutting down, starting up, crashed
    exceptions.InsufficientResourcesError,  # too many connections, disk full
    exceptions.ReadOnlySQLTransactionError,  # a standby, during a failover
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
    return isinstance(error, _CONNECTION_ERRORS)
