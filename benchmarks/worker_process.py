"""A real worker process under measurement: started, held while its stream is filled, let go and watched."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from llmlab_shared.queue.backlog import read_backlog
from llmlab_shared.queue.entry import Entry
from llmlab_shared.queue.writer import StreamWriter
from redis.asyncio import Redis

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from servers import Servers

EVENTS_AN_ENTRY = 100
_TICKS = os.sysconf("SC_CLK_TCK")
_RUN = "from llmlab_worker.main import run; from llmlab_shared.config import ServerSettings as S; run(S())"


def start_worker(servers: Servers) -> subprocess.Popen[bytes]:
    """Start a worker on these servers."""
    environment = os.environ | {
        "LLMLAB_DATABASE_URL": servers.database_url,
        "LLMLAB_REDIS_URL": servers.redis_url,
        "LLMLAB_LOG_LEVEL": "warning",
    }
    return subprocess.Popen([sys.executable, "-c", _RUN], env=environment)


async def drain(redis: Redis, worker: subprocess.Popen[bytes], made: Iterator[Entry], count: int) -> float:
    """Fill the stream, let the worker go, and return how many seconds it took to empty it."""
    writer = StreamWriter(redis, 1, 1 << 30)
    batch = [next(made) for _ in range(count // EVENTS_AN_ENTRY)]
    await asyncio.sleep(0.5)
    worker.send_signal(signal.SIGSTOP)
    for start in range(0, len(batch), 16):
        await writer.append(batch[start : start + 16])
    begun = time.perf_counter()
    worker.send_signal(signal.SIGCONT)
    while (await read_backlog(redis, 1)).entries:  # noqa: ASYNC110 # another process empties it
        await asyncio.sleep(0.02)
    return time.perf_counter() - begun


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, of its living children and of those it has buried."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(map(int, fields[11:15])) / _TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


def peak_rss(pid: int) -> int:
    """Return the most memory that a process has held, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
