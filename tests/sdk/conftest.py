"""Fixtures of the SDK's tests: a receiver, a client that sends to it, and a home without configuration."""

import inspect
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llmlab import AsyncLLMLab, LLMLab
from llmlab.testing import Receiver

RunScript = Callable[..., subprocess.CompletedProcess[str]]
Do = Callable[[Callable[[Any], Any]], Awaitable[Any]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of the test's own, and no configuration in the environment."""
    for name in ("LLMLAB_API_KEY", "LLMLAB_URL", "LLMLAB_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    with Receiver() as running:
        yield running


@pytest.fixture
def client(receiver: Receiver) -> Iterator[LLMLab]:
    """A client of the receiver; what is left is given up quickly when the test is over."""
    made = LLMLab(receiver.api_key, receiver.url)
    yield made
    made.close(0.1)


@pytest.fixture(params=["blocking", "asynchronous"])
def do(request: pytest.FixtureRequest, receiver: Receiver) -> Do:
    """Do something with a client of one kind and return what came of it."""

    async def run(action: Callable[[Any], Any]) -> Any:
        if request.param == "blocking":
            with LLMLab(receiver.api_key, receiver.url, token="the-token") as client:
                return action(client)
        async with AsyncLLMLab(receiver.api_key, receiver.url, token="the-token") as client:
            value = action(client)
            if inspect.isasyncgen(value):
                return [item async for item in value]
            return await value

    return run


@pytest.fixture
def run_script(receiver: Receiver, home: Path) -> RunScript:
    """Run Python code as a program of its own that reports to the receiver, and wait for its end."""

    def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "LLMLAB_URL": receiver.url,
                "LLMLAB_API_KEY": receiver.api_key,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
