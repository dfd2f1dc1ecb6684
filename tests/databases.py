"""Making databases for tests: created, migrated, with the price catalogue in them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from llmlab_shared.migrations.run import migrate
from llmlab_shared.pricing.lists.sync import sync_catalogue


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _run(work: Coroutine[Any, Any, None]) -> None:
    # In a thread, because a session-wide event loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def execute(url: str, statement: str) -> None:
    """Run one statement."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _run(work())


def prepare_database(url: str) -> None:
    """Migrate an empty database and fill in the catalogue's prices."""

    async def fill_prices() -> None:
        connection = await asyncpg.connect(url)
        try:
            await sync_catalogue(connection)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, url).result()
    _run(fill_prices())
