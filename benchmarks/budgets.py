"""One worker process with 1,000 budgets in 200 workspaces, and the same load without any budget.

Each workspace with budgets has one of all its spend, one of a provider by the week, one of a model by the
day, one of a feature, and a fifth: in every tenth one for each of 10,000 users, in every tenth one of a
feature and an environment together, which only single events tell, elsewhere one of an environment.
Rounds alternate in one worker. Amounts are so high that nothing is crossed, but for each user's.
"""

import asyncio
import json
import random
import signal
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import asyncpg
from llmlab_shared import log
from llmlab_shared.clock import now_us
from llmlab_shared.ids import uuid7
from llmlab_shared.migrations.run import migrate
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.queue.entry import Entry
from redis.asyncio import Redis
from servers import Servers, start_servers

from benchmarks.reference_load import events
from benchmarks.worker_process import EVENTS_AN_ENTRY, drain, peak_rss, start_worker

WORKSPACES = 200
USERS = 10_000
ROUND_EVENTS = 100_000
ROUNDS = 5
TARGET = 0.85
_EVERY = 10
_WORKSPACES = "INSERT INTO workspaces (name) SELECT 'w' || n FROM generate_series(1, $1) n RETURNING id"
_BUDGETS = """
WITH made AS (
    INSERT INTO budgets (workspace_id, name, scope, each, period, thresholds)
    SELECT w, 'b', scope::jsonb, nullif(each, ''), period, '{0.5,0.8,1}'
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS b(w, scope, each, period)
    RETURNING id, each
)
INSERT INTO budget_amounts
SELECT id, '2020-01-01', CASE WHEN each = 'user' THEN 1 ELSE 1000000 END, 1 FROM made
"""
_COMMON = (
    ({}, "", "month"),
    ({"provider": "openai"}, "", "week"),
    ({"model": "gpt-4o-mini"}, "", "day"),
    ({"feature": "feature-1"}, "", "month"),
)


def measure() -> list[dict[str, Any]]:
    """Return the rows of budgets."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers))


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    database = await asyncpg.connect(servers.database_url)
    redis = Redis.from_url(servers.redis_url)
    await sync_catalogue(database)
    ids = [row["id"] for row in await database.fetch(_WORKSPACES, 2 * WORKSPACES)]
    plain, budgeted = ids[:WORKSPACES], ids[WORKSPACES:]
    count = await _give_budgets(database, budgeted)
    worker = start_worker(servers)
    loads = {"plain": _entries(plain), "budgets": _entries(budgeted)}
    speeds: dict[str, list[float]] = {name: [] for name in loads}
    try:
        for made in loads.values():
            await drain(redis, worker, made, ROUND_EVENTS)
        for _ in range(ROUNDS):
            for name, made in loads.items():
                speeds[name].append(ROUND_EVENTS / await drain(redis, worker, made, ROUND_EVENTS))
        crossings = await database.fetchval("SELECT count(*) FROM budget_crossings")
        memory = peak_rss(worker.pid) / 2**20
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        await redis.aclose()
        await database.close()
    ratio = median(speeds["budgets"]) / median(speeds["plain"])
    name = f"worker: {count:,} budgets in {WORKSPACES} workspaces, {crossings:,} crossings, {memory:.0f} MiB"
    return [
        {
            "name": name,
            "ours": median(speeds["budgets"]),
            "yardstick": median(speeds["plain"]),
            "ratio": ratio,
            "target": f"≥ {TARGET} × the same load without",
            "unit": "events/s",
            "met": ratio >= TARGET,
        }
    ]


async def _give_budgets(database: asyncpg.Connection, workspaces: Sequence[int]) -> int:
    made = []
    for place, workspace in enumerate(workspaces):
        fifth: tuple[dict[str, str], str, str] = ({"environment": "production"}, "", "quarter")
        if place % _EVERY == 0:
            fifth = {}, "user", "month"
        elif place % _EVERY == 1:
            fifth = {"feature": "feature-2", "environment": "production"}, "", "month"
        made += [(workspace, json.dumps(scope), each, period) for scope, each, period in (*_COMMON, fifth)]
    await database.execute(_BUDGETS, *map(list, zip(*made, strict=True)))
    return len(made)


def _entries(workspaces: Sequence[int]) -> Iterator[Entry]:
    """Yield entries of the reference load; every tenth workspace's events come from 10,000 users."""
    chance = random.Random(5)
    stream = events(seed=5)
    while True:
        place = chance.randrange(len(workspaces))
        bodies = []
        for _ in range(EVENTS_AN_ENTRY):
            event = next(stream)
            event["customer"] = f"customer-{chance.randrange(5)}"
            if place % _EVERY == 0:
                event["user"] = f"user-{chance.randrange(USERS)}"
            bodies.append(json.dumps(event, separators=(",", ":")).encode())
        yield Entry(
            id=uuid7(),
            workspace_id=workspaces[place],
            api_key_id=workspaces[place],
            at_us=now_us(),
            events=len(bodies),
            body=b'{"events":[' + b",".join(bodies) + b"]}",
        )
