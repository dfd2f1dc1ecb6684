"""A server of recorded answers, a real one, and an empty home, for the tests of the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_samples import USUAL, USUAL_BUDGET
from cli_server import KEY, AnswersOf, Home, serving
from live import LiveStack


@pytest.fixture
def server() -> Iterator[AnswersOf]:
    """Answers like a workspace of usual spend and a budget past its alert."""
    with serving() as answers:
        answers.get("/api/costs/summary", USUAL)
        answers.get("/api/budgets", {"budgets": [USUAL_BUDGET], "next_cursor": None})
        yield answers


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Nothing set up yet."""
    return Home(tmp_path)


@pytest.fixture
def connected(home: Home, server: AnswersOf) -> Home:
    """A home with a key and a token for the server."""
    home.write_config({"profiles": {"default": {"url": server.url, "api_key": KEY, "token": "t-1"}}})
    return home


@pytest.fixture
def stack(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[LiveStack]:
    """The real API and a real worker."""
    folder = tmp_path / "server"
    folder.mkdir()
    running = LiveStack(database_url, redis_url, folder)
    try:
        running.start_api()
        running.start_worker()
        yield running
    finally:
        running.stop()
