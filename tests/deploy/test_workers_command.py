"""`llmlab workers`: one line a worker, whole in a pipe, whatever its host is called."""

import json
import os
import subprocess
import sys
import time

import msgspec
import redis
from llmlab_shared.queue.heartbeats import Heartbeat, heartbeat_key

HOST = "worker-7.pricing.eu-central-1.compute.internal.example.com"


def _workers(redis_url: str, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "LLMLAB_DATABASE_URL": "postgresql://127.0.0.1:1/unused",
        "LLMLAB_REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "llmlab_deploy", "workers", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def _beat(redis_url: str, *, stalled: bool = False) -> None:
    now = time.time_ns() // 1000
    beat = Heartbeat(
        name="w",
        pid=4711,
        host=HOST,
        started_us=now - 300_000_000,
        at_us=now,
        events_per_second=1234.5,
        batches=9876,
        last_commit_us=now,
        pending=3,
        rss_bytes=100 << 20,
        stalled=stalled,
    )
    with redis.Redis.from_url(redis_url) as client:
        client.set(heartbeat_key("w"), msgspec.json.encode(beat))


def test_nobody_is_alive(redis_url: str) -> None:
    done = _workers(redis_url)
    assert done.returncode == 1
    assert done.stdout.startswith("No worker is alive. Start one with `llmlab worker`.\nWaiting: 0 entries")


def test_a_line_is_whole_in_a_pipe(redis_url: str) -> None:
    _beat(redis_url)
    done = _workers(redis_url)
    assert (done.returncode, done.stderr) == (0, "")
    _, line, waiting = done.stdout.splitlines()
    assert line.split()[:5] == [HOST, "4711", "5", "min", "1,234.5"]
    assert line.endswith(" ok")
    assert waiting.endswith("Stored: 1,234.5 events/s.")
    told = json.loads(_workers(redis_url, "--json").stdout)
    assert (told["workers"][0]["host"], told["events_per_second"]) == (HOST, 1234.5)


def test_a_stalled_worker_is_a_failure(redis_url: str) -> None:
    _beat(redis_url, stalled=True)
    done = _workers(redis_url)
    assert done.returncode == 1
    assert "STALLED" in done.stdout
