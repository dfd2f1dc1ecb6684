"""Repricing a ledger: events a second, and the memory of the process that does it, however many there are.

Events are made in SQL, spread over 90 days, five models, fifteen features and a thousand customers, and
their rollups by the worker's own rebuild. Then prices of three models change and everything is repriced:
first the preview, then for good. `LLMLAB_BENCH_REPRICED` says how many events (200,000 without it).
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import asyncpg
from llmlab_shared import log
from llmlab_shared.db.engine import open_pool
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.migrations.run import migrate
from llmlab_worker.jobs.reconcile import differences, rebuild
from servers import Servers, start_servers

from benchmarks.worker_process import peak_rss

EVENTS = int(os.environ.get("LLMLAB_BENCH_REPRICED", "200000"))
_DAYS = 90
_PRICES = """
INSERT INTO price_versions (layer, provider, model, valid_from, rates, source)
SELECT 'catalogue', 'acme', 'm' || n, '2020-01-01', '{"tokens": {"input": "2", "output": "8"}}', 'bench'
FROM generate_series(0, 4) n
"""
_NEW_PRICES = """
INSERT INTO price_versions (layer, provider, model, valid_from, rates, source)
SELECT 'override', 'acme', 'm' || n, now() - interval '60 days', '{"tokens": {"input": "1", "output": "9"}}',
       'bench'
FROM generate_series(0, 2) n
"""
# 2 and 8 USD a million, of 100 to 4,099 tokens in and 10 to 209 out.
_EVENTS = """
INSERT INTO cost_events (workspace_id, id_time, id, timestamp, received_at, api_key_id, price_id,
    input_tokens, output_tokens, cost, computed_cost, provider, model, price_status, price_rule, status,
    billing, feature, customer, environment)
SELECT $1, at, gen_random_uuid(), at, at, 7, p.id, given, made, (given * 2 + made * 8) / 1000000.0,
       (given * 2 + made * 8) / 1000000.0, 'acme', made.model, 'priced', 'exact', 'ok', 'metered',
       'f' || n % 15, 'c' || n % 1000, 'production'
FROM (
    SELECT n, 'm' || n % 5 AS model, 100 + n * 7919 % 4000 AS given, 10 + n * 104729 % 200 AS made,
           $2::timestamptz + (n - $3) * $5::interval AS at
    FROM generate_series($3::bigint, $4::bigint) n
) made JOIN price_versions p ON p.model = made.model AND p.provider = 'acme'
"""
_ASK = """
INSERT INTO repricings (workspace_id, kind, reason, actor, dry_run)
VALUES ($1, 'reprice', 'bench', 'bench', $2) RETURNING id
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows of repricing."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers))


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    pool = await open_pool(servers.database_url)
    try:
        workspace = await _fill(pool)
        await rebuild(pool, workspace)
        rows = []
        for what, dry_run in (("preview", True), ("applied", False)):
            repricing = await pool.fetchval(_ASK, workspace, dry_run)
            seconds, peak = await asyncio.to_thread(_run, servers, repricing)
            done = await pool.fetchrow("SELECT * FROM repricings WHERE id = $1", repricing)
            if done["status"] != "done" or done["seen"] != EVENTS:
                raise RuntimeError(f"the repricing ended as {dict(done)}")
            looked = f"repricing: {what}, {EVENTS:,} events of which {done['changed']:,} change"
            rows.append(_row(looked, EVENTS / seconds, "events/s", "", None))
            rows.append(
                _row(
                    f"repricing: {what}, peak memory of its process",
                    peak / 2**20,
                    "MiB",
                    "≤ 200 MB",
                    peak <= 200_000_000,
                )
            )
        left = len(await differences(pool, workspace))
        rows.append(_row("repricing: rows of rollups that differ afterwards", left, "rows", "0", left == 0))
        return rows
    finally:
        await pool.close()


async def _fill(pool: asyncpg.Pool) -> int:
    async with pool.acquire() as connection:
        workspace: int = await connection.fetchval("INSERT INTO workspaces (name) VALUES ('w') RETURNING id")
        await connection.execute(_PRICES)
        first = await connection.fetchval(f"SELECT date_trunc('day', now()) - interval '{_DAYS} days'")
        last = await connection.fetchval("SELECT now()")
        step = (last - first) / EVENTS
        await Partitions().ensure(connection, [first + (last - first) * n / _DAYS for n in range(_DAYS + 1)])
        for start in range(0, EVENTS, 500_000):
            end = min(start + 500_000, EVENTS) - 1
            await connection.execute(_EVENTS, workspace, first + start * step, start, end, step)
        await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = 'prices'")
        await connection.execute(_NEW_PRICES)
    return workspace


def _run(servers: Servers, repricing: int) -> tuple[float, int]:
    """Let the worker's own process do it; return seconds and the most memory it held."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "llmlab_worker.repricing", "advance", str(repricing), "1e9"],
        stdin=subprocess.PIPE,
        env=os.environ | {"LLMLAB_DATABASE_URL": servers.database_url, "LLMLAB_LOG_LEVEL": "warning"},
    )
    peak = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.05) and Path(f"/proc/{process.pid}/status").exists():
            try:
                peak = max(peak, peak_rss(process.pid))
            except (OSError, StopIteration):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    ended.set()
    watcher.join()
    if process.stdin is not None:
        process.stdin.close()
    return time.perf_counter() - begun, peak


def _row(name: str, ours: float, unit: str, target: str, met: bool | None) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "yardstick": None,
        "ratio": None,
        "target": target,
        "unit": unit,
        "met": met,
    }
