"""Fixtures that every test may use: a migrated database and an empty Valkey database of its own."""

import itertools
import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest
import redis
import structlog
from databases import execute, prepare_database, with_database
from servers import Servers, start_servers

# A busy machine is no failure.
hypothesis.settings.register_profile("llmlab", deadline=None)
hypothesis.settings.load_profile("llmlab")

_names = itertools.count(1)
TEMPLATE = "llmlab_template"


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A command that a test runs in this process sets up logs for its process; the next test has its own."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root = logging.getLogger()
        root.handlers = [handler for handler in root.handlers if type(handler) is not logging.StreamHandler]
        root.setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """One PostgreSQL and one Valkey for the whole run; a test that kills servers starts its own."""
    started = start_servers(durable=False)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """The name of a migrated database with the price catalogue, which the tests' own are copied from."""
    execute(servers.database_url, f"CREATE DATABASE {TEMPLATE}")
    prepare_database(with_database(servers.database_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """A fresh, migrated database that holds the price catalogue."""
    name = f"test_{next(_names)}"
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    yield with_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Valkey database."""
    url = servers.redis_url.rsplit("/", 1)[0] + f"/{next(_names) % 63 + 1}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: much of the time a test waits for a process that it started."""
    return (os.cpu_count() or 1) + 1
