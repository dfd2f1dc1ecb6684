"""Handing events from the API to the worker: one arq job a request, or one entry on a stream.

Both ends only decode, so that the figure is the queue's alone. This is the measurement behind
`docs/decisions/0001-events-travel-on-a-stream.md`.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from servers import Servers, start_servers

SIZES = ((1, 4000), (100, 1000), (1000, 200))
_EVENT = {
    "provider": "openai",
    "model": "gpt-4o-2024-08-06",
    "timestamp": "2026-11-23T10:00:00Z",
    "input_tokens": 1200,
    "output_tokens": 350,
    "feature": "search",
    "customer": "acme",
}


async def _jobs(url: str, body: bytes, requests: int) -> float:
    from arq import create_pool
    from arq.connections import RedisSettings
    from arq.worker import Worker, func

    async def handle(_: dict[str, Any], payload: bytes) -> None:
        msgspec.json.decode(payload)

    settings = RedisSettings.from_dsn(url)
    pool = await create_pool(settings)
    for _ in range(requests):
        await pool.enqueue_job("handle", body)
    worker = Worker(
        functions=[func(handle, name="handle")],
        redis_settings=settings,
        handle_signals=False,
        burst=True,
        max_jobs=100,
        poll_delay=0.01,
        keep_result=0,
    )
    started = time.perf_counter()
    await worker.async_run()
    elapsed = time.perf_counter() - started
    await worker.close()
    await pool.aclose()
    return elapsed


async def _stream(url: str, body: bytes, requests: int) -> float:
    async with Redis.from_url(url) as redis:
        await redis.xgroup_create("bench", "workers", id="0", mkstream=True)
        for _ in range(0, requests, 100):
            async with redis.pipeline(transaction=False) as pipe:
                for _ in range(min(100, requests)):
                    pipe.xadd("bench", {b"b": body})
                await pipe.execute()
        handled = 0
        started = time.perf_counter()
        while handled < requests:
            [(_, entries)] = await redis.xreadgroup("workers", "one", {"bench": ">"}, count=100)
            for _, fields in entries:
                msgspec.json.decode(fields[b"b"])
            handled += len(entries)
            async with redis.pipeline(transaction=True) as pipe:
                ids = [identifier for identifier, _ in entries]
                pipe.xack("bench", "workers", *ids)
                pipe.xdel("bench", *ids)
                await pipe.execute()
        return time.perf_counter() - started


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for events, requests in SIZES:
        body = msgspec.json.encode({"events": [_EVENT] * events})
        async with Redis.from_url(servers.redis_url) as redis:
            await redis.flushall()
            by_job = events * requests / await _jobs(servers.redis_url, body, requests)
            await redis.flushall()
            by_stream = events * requests / await _stream(servers.redis_url, body, requests)
        rows.append(
            {
                "name": f"hand over {events} event(s) a request: stream against arq job",
                "ours": by_stream,
                "yardstick": by_job,
                "ratio": by_stream / by_job,
                "target": "",
                "unit": "events/s",
                "met": None,
            }
        )
    return rows


def measure() -> list[dict[str, Any]]:
    """Return one row for each request size."""
    with start_servers() as servers:
        return asyncio.run(_measure(servers))
