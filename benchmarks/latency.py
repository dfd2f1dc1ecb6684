"""From acknowledged to visible: how long until a summary shows an event that got its 202.

API and one worker run as processes, as does everything in production. First the highest rate that the
worker keeps up with is found on this machine, then events flow at half of it and at nine tenths, and a
probe event of a workspace of its own is timed again and again until its summary counts it.

The events carry neither id nor timestamp (the server derives both), so that the requests can be made
beforehand and sent again: making them must not be what limits the load.
"""

import asyncio
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.reference_load import events

BATCH = 100
BODIES = 200
SENDERS = 16
CAPACITY_SECONDS = 6.0
LOADED_SECONDS = 12.0
PROBE_PAUSE = 0.15
POLL_PAUSE = 0.01
# A stack that needs longer than this for one probe is broken, not slow.
PATIENCE = 30.0


def _bodies() -> list[bytes]:
    made = ({k: v for k, v in event.items() if k not in ("id", "timestamp")} for event in events())
    return [json.dumps({"events": list(itertools.islice(made, BATCH))}).encode() for _ in range(BODIES)]


class _Load:
    """Requests of 100 events, at a fixed rate whatever the answers take."""

    def __init__(self, client: httpx.AsyncClient, bodies: Sequence[bytes]) -> None:
        self._client = client
        self._bodies = itertools.cycle(bodies)
        self.accepted = 0
        self.refused = 0
        self._running: set[asyncio.Task[None]] = set()

    async def _send(self) -> None:
        answer = await self._client.post("/api/events/track", content=next(self._bodies))
        if answer.status_code == 202:
            self.accepted += BATCH
        else:
            self.refused += BATCH

    async def run(self, rate: float, seconds: float) -> None:
        """Send `rate` events a second for so long; return when all are answered."""
        pause, begun = BATCH / rate, time.perf_counter()
        for number in itertools.count():
            due = begun + number * pause
            if due - begun > seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._send())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await asyncio.gather(*self._running)


async def _backlog(client: httpx.AsyncClient) -> int:
    answer = await client.get("/api/costs/summary")
    return int(answer.raise_for_status().json()["freshness"]["backlog"])


async def _drain(client: httpx.AsyncClient) -> None:
    while await _backlog(client):  # noqa: ASYNC110 # another process drains it
        await asyncio.sleep(0.02)


async def _capacity(client: httpx.AsyncClient, bodies: Sequence[bytes]) -> float:
    """Return the events a second that the whole way sustains: sent without a pause, timed to the drain."""
    load = _Load(client, bodies)
    begun = time.perf_counter()

    async def sender() -> None:
        while time.perf_counter() - begun < CAPACITY_SECONDS:
            await load._send()

    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    await _drain(client)
    return load.accepted / (time.perf_counter() - begun)


async def _probe(client: httpx.AsyncClient, seen: int) -> float:
    body = {"provider": "openai", "model": "gpt-4", "input_tokens": 1, "output_tokens": 1}
    (await client.post("/api/events/track", json=body)).raise_for_status()
    acknowledged = time.perf_counter()
    while time.perf_counter() - acknowledged < PATIENCE:
        answer = await client.get("/api/costs/summary")
        if answer.raise_for_status().json()["counts"]["events"] > seen:
            return time.perf_counter() - acknowledged
        await asyncio.sleep(POLL_PAUSE)
    raise RuntimeError(f"a probe event is not visible after {PATIENCE} s")


async def _visible_under(
    rate: float,
    loaded: httpx.AsyncClient,
    probing: httpx.AsyncClient,
    bodies: Sequence[bytes],
    seen: int,
) -> list[float]:
    load = asyncio.create_task(_Load(loaded, bodies).run(rate, LOADED_SECONDS))
    await asyncio.sleep(1)
    taken: list[float] = []
    while not load.done():
        taken.append(await _probe(probing, seen + len(taken)))
        await asyncio.sleep(PROBE_PAUSE)
    await load
    await _drain(loaded)
    return taken


def _row(name: str, taken: list[float], target: float, rate: float) -> dict[str, Any]:
    p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
    return {
        "name": f"acknowledged → in the summary, p99 of {len(taken)} probes, {name} ({rate:,.0f} events/s)",
        "ours": p99,
        "yardstick": None,
        "ratio": None,
        "target": f"≤ {target:g} s",
        "unit": "s",
        "met": p99 <= target,
    }


async def _measure(url: str, keys: tuple[str, str]) -> list[dict[str, Any]]:
    bodies = _bodies()
    async with (
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {keys[0]}"}, timeout=30) as loaded,
        httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {keys[1]}"}, timeout=30
        ) as probing,
    ):
        rate = await _capacity(loaded, bodies)
        rows: list[dict[str, Any]] = []
        seen = 0
        for share, target in ((0.5, 1.0), (0.9, 3.0)):
            taken = await _visible_under(rate * share, loaded, probing, bodies, seen)
            seen += len(taken)
            rows.append(_row(f"{share:.0%} load", taken, target, rate * share))
        return rows


def _sign_up(url: str, email: str) -> str:
    answer = httpx.post(f"{url}/api/auth/signup", json={"email": email, "password": "correct horse battery"})
    return str(answer.raise_for_status().json()["api_key"])


def measure() -> list[dict[str, Any]]:
    """Return one row for half load and one for nine tenths."""
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
            keys = _sign_up(stack.url, "load@example.com"), _sign_up(stack.url, "probe@example.com")
            return asyncio.run(_measure(stack.url, keys))
        finally:
            stack.stop()
            servers.stop()
