"""Fixtures that every test may use: a migrated database and an empty Valkey database of its own."""

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from llmlab_shared.migrations.run import migrate
from llmlab_shared.pricing.sync import sync_catalogue
from servers import Servers, start_servers

_names = itertools.count(1)
TEMPLATE = "llmlab_template"


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _fill_prices(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await sync_catalogue(connection)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    # In a thread, because a session-wide event loop may be running in this one.
    import threading

    errors: list[BaseException] = []

    def target() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """One PostgreSQL and one Valkey for the whole run; a test that kills servers starts its own."""
    started = start_servers(durable=False)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """The name of a migrated database with the price catalogue, which the tests' own are copied from."""
    _run(_execute(servers.database_url, f"CREATE DATABASE {TEMPLATE}"))
    url = _with_database(servers.database_url, TEMPLATE)
    migrate(url)
    _run(_fill_prices(url))
    return TEMPLATE


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """A fresh, migrated database that holds the price catalogue."""
    name = f"test_{next(_names)}"
    _run(_execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"))
    yield _with_database(servers.database_url, name)
    _run(_execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Valkey database."""
    import redis

    url = servers.redis_url.rsplit("/", 1)[0] + f"/{next(_names) % 63 + 1}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
