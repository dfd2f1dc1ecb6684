"""Connections: an asyncpg pool for the write path, a SQLAlchemy engine for everything else.

Both work through a pooler in transaction mode: no cached statements that belong to a server
connection, no start-up parameters.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


def plain_url(url: str) -> str:
    """Return a PostgreSQL URL as asyncpg takes it, whatever driver suffix it came with."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql"))


async def open_pool(
    url: str,
    *,
    min_size: int = 1,
    max_size: int = 4,
    connect_timeout: float = 10.0,
    command_timeout: float | None = None,
    init: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
) -> asyncpg.Pool:
    """Open a small asyncpg pool; `init` runs on each new connection. Timeouts are seconds.

    Raises `OSError` when the database is away, unless `min_size` is 0: then the first use does.
    """
    pool: asyncpg.Pool = await asyncpg.create_pool(
        plain_url(url),
        min_size=min_size,
        max_size=max_size,
        statement_cache_size=0,
        timeout=connect_timeout,
        command_timeout=command_timeout,
        init=init,
    )
    return pool


async def driver_of(connection: "AsyncConnection") -> asyncpg.Connection:
    """Return the asyncpg connection under a SQLAlchemy one, in the same transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    if not driver.is_in_transaction():
        # SQLAlchemy begins one with the first statement of its own; what came before would be by itself.
        await connection.exec_driver_sql("SELECT 1")
    return driver


def create_engine(url: str, *, pool_size: int = 5) -> "AsyncEngine":
    """Return the engine of the reading side; it connects on first use."""
    # Here, because the worker does without the 20 MB of SQLAlchemy.
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import AsyncAdaptedQueuePool

    parts = urlsplit(url)
    return create_async_engine(
        urlunsplit(parts._replace(scheme="postgresql+asyncpg")),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        # Parameters are e-mails, hashes, customers' names: not for the log that an error ends in.
        hide_parameters=True,
        pool_timeout=5,
        connect_args={
            # A database that hangs must not hang its callers; reports set a shorter limit of their own.
            "timeout": 3,
            "command_timeout": 20,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        },
    )
