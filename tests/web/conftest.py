"""A browser, and the whole of LLMLab behind it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from browser import HOW, find_chromium
from dashboard import AXE, Dashboard, Person
from databases import execute, with_database
from ledger import Ledger, entry_of
from live import LiveStack
from llmlab_api.web.files import is_built
from llmlab_deploy.demo.month import month_of_calls
from llmlab_shared.db.engine import open_pool
from playwright.async_api import Browser, async_playwright, expect
from servers import Servers

# A busy machine is no page that fails.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = find_chromium()
    assert path is not None, HOW
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def running(
    servers: Servers, template: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Dashboard]:
    """The API, a worker and a database that all tests of this process share."""
    assert is_built(), "the dashboard is not built: `make web`"
    assert AXE.exists(), "the dashboard's tools are not installed: `make web`"
    execute(servers.database_url, f"CREATE DATABASE dashboard TEMPLATE {template} STRATEGY wal_log")
    database_url = with_database(servers.database_url, "dashboard")
    # Number 0 is emptied for no test.
    redis_url = servers.redis_url.rsplit("/", 1)[0] + "/0"
    stack = LiveStack(database_url, redis_url, tmp_path_factory.mktemp("dashboard"))
    stack.environment = {"LLMLAB_OUTGOING_ALLOW": "127.0.0.1"}
    pool = await open_pool(database_url)
    try:
        stack.start_api()
        stack.start_worker()
        yield Dashboard(stack, Ledger(pool), browser)
    finally:
        await pool.close()
        stack.stop()
        execute(servers.database_url, "DROP DATABASE dashboard WITH (FORCE)")


@pytest.fixture
async def dashboard(running: Dashboard) -> AsyncIterator[Dashboard]:
    yield running
    await running.close()


async def _month(dashboard: Dashboard, workspace: int) -> None:
    events = list(month_of_calls(datetime.now(UTC)))
    for start in range(0, len(events), 500):
        part = [_as_accepted(each) for each in events[start : start + 500]]
        outcome = await dashboard.ledger.process(entry_of(*part, workspace_id=workspace))
        assert outcome.dead == 0


def _as_accepted(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as the API hands it on: whole milliseconds, a time in words."""
    return {
        **event,
        "timestamp": event["timestamp"].isoformat(),
        "latency_ms": round(event["latency_ms"]),
    }


@pytest.fixture(scope="session")
async def owner(running: Dashboard) -> Person:
    """The owner of a workspace with a month of calls. Tests that change much make people of their own."""
    person = await running.sign_up("owner@example.com")
    await _month(running, person.workspace)
    return person
