"""What the `db` commands do in a database, and saying plainly why one cannot be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from asyncpg.exceptions import (
    DuplicateDatabaseError,
    InterfaceError,
    PostgresError,
    UndefinedColumnError,
    UndefinedTableError,
)
from llmlab_shared.db.engine import open_pool, plain_url
from llmlab_shared.log import configure

from llmlab_deploy.errors import StackError, Unreachable

T = TypeVar("T")


def create_if_missing(url: str) -> None:
    """Make the database that a URL names, unless its server has it. Blocking."""
    with explained_failures(url):
        asyncio.run(_create_if_missing(plain_url(url)))


async def _create_if_missing(url: str) -> None:
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            quoted = name.replace('"', '""')
            await connection.execute(f'CREATE DATABASE "{quoted}"')
    except DuplicateDatabaseError:
        return  # another start was quicker
    finally:
        await connection.close()


async def with_pool(url: str, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    """Return what the work comes to, with a small pool that is closed afterwards.

    What the workers' code logs on the way goes to standard error: results have standard output to themselves.
    """
    configure("warning", "text")
    pool = await open_pool(url, max_size=2)
    try:
        return await work(pool)
    finally:
        await pool.close()


async def check_workspace(pool: asyncpg.Pool, workspace_id: int | None) -> None:
    """Raise `StackError` when no workspace has this number; None is all of them."""
    if workspace_id is None:
        return
    async with pool.acquire() as connection:
        there = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM workspaces WHERE id = $1)", workspace_id
        )
    if not there:
        raise StackError(f"there is no workspace {workspace_id}")


@contextmanager
def explained_failures(url: str) -> Iterator[None]:
    """Turn what a database connection raises into a sentence that names the server, not the password."""
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or 5432}{parts.path}"
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise Unreachable(f"PostgreSQL at {where} cannot be reached: {error}") from error
    except (UndefinedTableError, UndefinedColumnError) as error:
        raise StackError(
            f"the schema at {where} is an older one ({error}): run `llmlab db migrate`"
        ) from error
    except (PostgresError, InterfaceError) as error:
        raise StackError(f"PostgreSQL at {where} refuses: {error}") from error
    except DBAPIError as error:
        raise StackError(f"PostgreSQL at {where} refuses: {error.orig}") from error
    except CommandError as error:
        raise StackError(f"the schema at {where} is another one: {error}") from error
