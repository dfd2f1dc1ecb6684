"""What the `db` commands do in a database, and saying plainly why one cannot be reached."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from asyncpg.exceptions import DuplicateDatabaseError, InterfaceError, PostgresError
from llmlab_shared.db.engine import open_pool, plain_url

from llmlab_deploy.errors import StackError

if TYPE_CHECKING:
    from llmlab_worker.jobs.reconcile import Difference


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


async def read_differences(url: str, workspace_id: int | None) -> "list[Difference]":
    """Return every total that is not what its events say."""
    from llmlab_worker.jobs.reconcile import differences

    pool = await open_pool(url, max_size=1)
    try:
        return await differences(pool, workspace_id)
    finally:
        await pool.close()


async def rebuild_totals(url: str, workspace_id: int | None) -> int:
    """Make every total what its events say; return how many were not."""
    from llmlab_worker.jobs.reconcile import rebuild

    pool = await open_pool(url, max_size=1)
    try:
        return await rebuild(pool, workspace_id)
    finally:
        await pool.close()


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
        raise StackError(f"PostgreSQL at {where} cannot be reached: {error}") from error
    except (PostgresError, InterfaceError) as error:
        raise StackError(f"PostgreSQL at {where} refuses: {error}") from error
    except DBAPIError as error:
        raise StackError(f"PostgreSQL at {where} refuses: {error.orig}") from error
    except CommandError as error:
        raise StackError(f"the schema at {where} is another one: {error}") from error
