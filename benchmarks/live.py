"""From a call to its line on the screen: how long until `llmlab events tail -f` shows what was just sent.

API, one worker and the command run as processes. Each call is sent when the one before has been shown,
after a pause of chance, so that no interval on the way is met always at the same point. Before that,
events come in bursts of 100, of which the stream names a part: what is timed is the totals.
"""

import json
import os
import queue
import random
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CALLS = 200
BURSTS = 30
_PATIENCE = 30.0
_TAIL = ("events", "tail", "-f", "-n", "1", "--json")
_CALL = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}


@contextmanager
def _lines(url: str, key: str, home: Path, *arguments: str) -> Iterator["queue.Queue[tuple[float, Any]]"]:
    """Run the command; yield its lines of JSON, each with the time at which it came."""
    from cli_server import LLMLAB

    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LLMLAB_URL": url,
        "LLMLAB_API_KEY": key,
    }
    shown: queue.Queue[tuple[float, Any]] = queue.Queue()
    with subprocess.Popen([LLMLAB, *arguments], env=environment, stdout=subprocess.PIPE) as command:
        output = command.stdout
        assert output is not None

        def read() -> None:
            for line in output:
                shown.put((time.perf_counter(), json.loads(line)))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield shown
        finally:
            command.terminate()
            reader.join()


def _single(client: httpx.Client, shown: "queue.Queue[tuple[float, Any]]") -> list[float]:
    taken = []
    for number in range(CALLS):
        time.sleep(random.uniform(0.05, 0.25))
        sent = time.perf_counter()
        call = {**_CALL, "feature": str(number)}
        client.post("/api/events/track", json=call).raise_for_status()
        at, event = shown.get(timeout=_PATIENCE)
        assert event["feature"] == str(number)
        taken.append(at - sent)
    return taken


def _bursts(client: httpx.Client, shown: "queue.Queue[tuple[float, Any]]", before: int) -> list[float]:
    taken = []
    for number in range(1, BURSTS + 1):
        time.sleep(random.uniform(0.1, 1.5))
        sent = time.perf_counter()
        client.post("/api/events/track", json={"events": [_CALL] * 100}).raise_for_status()
        while True:
            at, update = shown.get(timeout=_PATIENCE)
            if update["kind"] == "spend" and update["data"]["today"]["events"] >= before + 100 * number:
                break
        taken.append(at - sent)
    return taken


def _rows(name: str, taken: list[float]) -> list[dict[str, Any]]:
    cuts = statistics.quantiles(taken, n=20, method="inclusive")
    return [
        {
            "name": f"{name}, {percentile} of {len(taken)}",
            "ours": seconds,
            "yardstick": None,
            "ratio": None,
            "target": "≤ 2 s" if percentile == "p95" else "",
            "unit": "s",
            "met": seconds <= 2 if percentile == "p95" else None,
        }
        for percentile, seconds in (("p50", cuts[9]), ("p95", cuts[18]))
    ]


def measure() -> list[dict[str, Any]]:
    """Return the rows: single calls to their lines, bursts to the totals."""
    from databases import prepare_database
    from live import LiveStack
    from servers import start_servers

    servers = start_servers()
    with tempfile.TemporaryDirectory() as folder:
        stack = LiveStack(servers.database_url, servers.redis_url, Path(folder))
        try:
            prepare_database(servers.database_url)
            stack.start_api()
            stack.start_worker()
            account = {"email": "live@example.com", "password": "correct horse battery"}
            signed_up = httpx.post(f"{stack.url}/api/auth/signup", json=account).raise_for_status().json()
            key = str(signed_up["api_key"])
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=stack.url, headers=headers, timeout=30) as client:
                with _lines(stack.url, key, Path(folder), "watch", "--json") as shown:
                    first = shown.get(timeout=_PATIENCE)[1]
                    assert first["kind"] == "spend"
                    bursts = _bursts(client, shown, 0)
                with _lines(stack.url, key, Path(folder), *_TAIL) as shown:
                    shown.get(timeout=_PATIENCE)
                    single = _single(client, shown)
        finally:
            stack.stop()
            servers.stop()
    return [
        *_rows("call → its line in `llmlab events tail -f`", single),
        *_rows("burst of 100 calls → in the totals of `llmlab watch`", bursts),
    ]
