"""Real worker processes for the tests: start, watch, kill, stop and wake them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

_RUN = "from llmlab_worker.main import run; from llmlab_shared.config import ServerSettings as S; run(S())"


class WorkerProcess:
    """One `llmlab worker`."""

    def __init__(self, database_url: str, redis_url: str, log: Path, *command: str) -> None:
        self.environment = os.environ | {
            "LLMLAB_DATABASE_URL": database_url,
            "LLMLAB_REDIS_URL": redis_url,
            "LLMLAB_LOG_LEVEL": "debug",
        }
        self._log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command or [sys.executable, "-c", _RUN],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )

    def log(self) -> str:
        return self._log.read_text()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(60)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        assert self.process.stdin is not None
        self.process.stdin.close()


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    """Wait for something that another process brings about."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"still waiting after {seconds} s: {what}"
        await asyncio.sleep(0.05)
