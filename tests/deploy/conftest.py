"""Folders that the servers' user can reach, and both kinds of users to run a stack as."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from stacks import Runner, normal_user


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder below one that every user may pass: pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="llmlab-deploy-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def unprivileged() -> Iterator[Runner]:
    """How to run the project as a normal user, also when the tests run as root."""
    path = Path(tempfile.mkdtemp(prefix="llmlab-user-"))
    path.chmod(0o755)
    yield normal_user(path)
    shutil.rmtree(path)


@pytest.fixture(params=["as whoever runs the tests", "as a normal user"])
def runner(request: pytest.FixtureRequest, unprivileged: Runner) -> Runner:
    """Ourselves, then a normal user; the same one twice where the tests do not run as root."""
    return unprivileged if request.param == "as a normal user" else Runner(environment=dict(os.environ))
