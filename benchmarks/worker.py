"""One worker process, from the stream to committed rows and rollups, against COPY of the same rows.

The load is the reference load in entries of 100 events over 50 workspaces with 250 budgets, and one event
in 10,000 is sent twice. 1,000 customers are 20 for each workspace. The worker is stopped while the stream
is filled and timed from its going on to the last acknowledgement; then the rows it wrote are copied, under
other workspaces, into the same table by asyncpg on one connection. Rounds alternate.
"""

import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from llmlab_shared.clock import now_us
from llmlab_shared.ids import uuid7
from llmlab_shared.migrations.run import migrate
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.queue.entry import Entry
from redis.asyncio import Redis

from benchmarks.reference_load import events
from benchmarks.worker_process import EVENTS_AN_ENTRY, cpu_seconds, drain, peak_rss, start_worker

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from servers import Servers, start_servers

WORKSPACES = 50
BUDGETS_EACH = 5
ROUND_EVENTS = 200_000
YARDSTICK_ROWS = 100_000
WARM_UP_EVENTS = 20_000
ROUNDS = 3
RESENT = 1e-4
TARGET = 0.40
_WORKSPACES = "INSERT INTO workspaces (name) SELECT 'w' || n FROM generate_series(1, $1) n RETURNING id"
# The budget of every month, and those of this month and the next ones.
_BUDGETS = """
WITH made AS (
    INSERT INTO budgets (workspace_id, name, month, thresholds)
    SELECT w, 'b', CASE WHEN n > 0 THEN (date_trunc('month', now()) + (n - 1) * interval '1 month')::date END,
        '{0.5,0.8,1}'
    FROM unnest($1::bigint[]) w, generate_series(0, $2 - 1) n
    RETURNING id
)
INSERT INTO budget_amounts SELECT id, '2020-01-01', 1000000, 1 FROM made
"""
# The yardstick's workspaces begin here.
_ELSEWHERE = 1_000_000


def measure() -> list[dict[str, Any]]:
    """Return the rows of the worker: speed, CPU by process, bytes on disk, memory."""
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers))


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    database = await asyncpg.connect(servers.database_url)
    redis = Redis.from_url(servers.redis_url)
    workspaces = await _prepare(database)
    worker = start_worker(servers)
    made = _entries(workspaces)
    try:
        # The first round compiles prices and fills caches; it does not count.
        await drain(redis, worker, made, WARM_UP_EVENTS)
        await _yardstick(database, 0, WARM_UP_EVENTS)
        ours, yardstick, spent = [], [], [0.0, 0.0, 0.0]
        processes = (worker.pid, servers.postgres.pid, servers.valkey.pid)
        for number in range(1, ROUNDS + 1):
            before = [cpu_seconds(pid) for pid in processes]
            ours.append(ROUND_EVENTS / await drain(redis, worker, made, ROUND_EVENTS))
            spent = [s + cpu_seconds(pid) - b for s, pid, b in zip(spent, processes, before, strict=True)]
            yardstick.append(await _yardstick(database, number, YARDSTICK_ROWS))
        peak = peak_rss(worker.pid)
        sizes = await _sizes(database)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        await redis.aclose()
        await database.close()
    return _rows(median(ours), median(yardstick), [s / (ROUNDS * ROUND_EVENTS) for s in spent], sizes, peak)


async def _prepare(database: asyncpg.Connection) -> list[int]:
    await sync_catalogue(database)
    workspaces = [row["id"] for row in await database.fetch(_WORKSPACES, WORKSPACES)]
    await database.execute(_BUDGETS, workspaces, BUDGETS_EACH)
    return workspaces


def _entries(workspaces: Sequence[int]) -> Iterator[Entry]:
    chance = random.Random(2)
    stream = events(seed=2)
    customers = 1000 // len(workspaces)
    sent: dict[int, bytes] = {}
    while True:
        workspace = chance.choice(workspaces)
        bodies = []
        for _ in range(EVENTS_AN_ENTRY):
            event = next(stream)
            event["customer"] = f"customer-{workspace}-{chance.randrange(customers)}"
            bodies.append(json.dumps(event, separators=(",", ":")).encode())
        if chance.random() < RESENT * EVENTS_AN_ENTRY:
            bodies[0] = sent.get(workspace, bodies[-1])
        sent[workspace] = bodies[-1]
        yield Entry(
            id=uuid7(),
            workspace_id=workspace,
            api_key_id=workspace,
            at_us=now_us(),
            events=len(bodies),
            body=b'{"events":[' + b",".join(bodies) + b"]}",
        )


async def _yardstick(database: asyncpg.Connection, number: int, count: int) -> float:
    """Copy the last round's rows under other workspaces; return rows a second."""
    columns = [c.name for c in (await database.prepare("SELECT * FROM cost_events")).get_attributes()]
    rows = await database.fetch(
        "SELECT * FROM cost_events WHERE workspace_id < $1 ORDER BY received_at DESC LIMIT $2",
        _ELSEWHERE,
        count,
    )
    at = columns.index("workspace_id")
    elsewhere = _ELSEWHERE * (1 + number)
    records = sorted(((*row[:at], row[at] + elsewhere, *row[at + 1 :]) for row in rows), key=_key)
    del rows
    begun = time.perf_counter()
    await database.copy_records_to_table("cost_events", records=records, columns=columns)
    return len(records) / (time.perf_counter() - begun)


def _key(record: tuple[Any, ...]) -> tuple[Any, ...]:
    return record[:3]


async def _sizes(database: asyncpg.Connection) -> tuple[float, float]:
    """Return bytes an event of the ledger's table and of its indexes."""
    row = await database.fetchrow(
        "SELECT sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)), "
        "(SELECT count(*) FROM cost_events) FROM pg_inherits WHERE inhparent = 'cost_events'::regclass"
    )
    return float(row[0] / row[2]), float(row[1] / row[2])


def _rows(
    ours: float, yardstick: float, spent: Sequence[float], sizes: tuple[float, float], peak: int
) -> list[dict[str, Any]]:
    ratio = ours / yardstick
    rows: list[dict[str, Any]] = [
        {
            "name": "worker: stream to committed rows and rollups",
            "ours": ours,
            "yardstick": yardstick,
            "ratio": ratio,
            "target": f"≥ {TARGET} × COPY of the same rows",
            "unit": "events/s",
            "met": ratio >= TARGET,
        }
    ]
    for what, seconds in zip(("worker", "PostgreSQL", "Valkey"), spent, strict=True):
        rows.append(_plain(f"worker: CPU of {what}, a million events", seconds * 1e6, "s", "driven down"))
    for what, size in zip(("table", "indexes"), sizes, strict=True):
        rows.append(_plain(f"worker: disk of the ledger's {what}, an event", size, "bytes", "driven down"))
    memory = _plain("worker: peak memory under full load", peak / 2**20, "MiB", "≤ 200 MB")
    return [*rows, memory | {"met": peak <= 200_000_000}]


def _plain(name: str, ours: float, unit: str, target: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "yardstick": None, "ratio": None, "target": target, "unit": unit}
