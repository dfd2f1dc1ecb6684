"""The API and workers as real processes over given servers, for tests that act as users or kill things."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from servers import free_port

SECRET_KEY = "a secret that only these tests know, long enough"
LLMLAB = Path(sys.executable).parent / "llmlab"


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Poll until the condition holds; an exception of httpx counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.1)


@dataclass
class LiveStack:
    """`llmlab api` and `llmlab worker` processes; logs in `folder`, settings in `environment`."""

    database_url: str
    redis_url: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    api: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LLMLAB_DATABASE_URL": self.database_url,
            "LLMLAB_REDIS_URL": self.redis_url,
            "LLMLAB_SECRET_KEY": SECRET_KEY,
            "LLMLAB_SIGNUP": "open",
            **self.environment,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [LLMLAB, *arguments], env=environment, cwd=self.folder, stdout=log, stderr=log
            )

    def start_api(self) -> None:
        """Start the API and wait until it answers."""
        self.api = self._start("api", "api", "--host", "127.0.0.1", "--port", str(self.port))
        api = self.api

        def answers() -> bool:
            if api.poll() is not None:
                raise AssertionError(f"the API ended: {self.log('api')}")
            return httpx.get(f"{self.url}/health").is_success

        wait_until(answers, "the API answers")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        worker = self._start(f"worker{len(self.workers)}", "worker")
        self.workers.append(worker)
        return worker

    def log(self, name: str) -> str:
        """Return what a process has printed."""
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> None:
        """End every process that is left."""
        running = [p for p in [self.api, *self.workers] if p is not None and p.poll() is None]
        for process in running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
