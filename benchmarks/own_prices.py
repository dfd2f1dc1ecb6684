"""One worker process with 500 models and 200 workspaces: with prices of their own, and without any.

Both loads are the same but for the workspaces: 100 of those with prices have a discount on all of one
provider's models, each has prices of ten models and a name of its own for one. Rounds alternate in one
worker, so that the caches hold both. In a third kind of round every fifth event names a model that nobody
knows and no other event names: what that costs beyond pricing is a row of its own in the rollups, which
the same rounds with a tenth of the names show.
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
MODELS = 500
OWN_PRICES = 10
PROVIDERS = ("openai", "anthropic", "google", "mistral", "aws", "groq", "deepseek", "x-ai", "cohere")
ROUND_EVENTS = 100_000
ROUNDS = 3
TARGET = 0.9
GROWTH = 1.1
_USAGE = {"prompt_tokens": 3000, "completion_tokens": 400, "total_tokens": 3400}
_MODELS = """
SELECT provider, model FROM price_versions WHERE provider = ANY ($1) AND context = '' AND layer = 'catalogue'
GROUP BY 1, 2 ORDER BY md5(provider || model) LIMIT $2
"""
_WORKSPACES = "INSERT INTO workspaces (name) SELECT 'w' || n FROM generate_series(1, $1) n RETURNING id"
_OWN = """
INSERT INTO price_versions (workspace_id, layer, provider, model, valid_from, rates, source)
SELECT w, 'custom', p, m, '2020-01-01', r::jsonb, 'bench'
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS own(w, p, m, r)
"""
_NAMES = """
INSERT INTO model_aliases (workspace_id, provider, alias, model, source)
SELECT w, 'azure', 'deployed-here', 'gpt-4o', 'bench' FROM unnest($1::bigint[]) w
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows of own prices and of unknown models."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers))


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    database = await asyncpg.connect(servers.database_url)
    redis = Redis.from_url(servers.redis_url)
    await sync_catalogue(database)
    models = [tuple(row) for row in await database.fetch(_MODELS, list(PROVIDERS), MODELS)]
    ids = [row["id"] for row in await database.fetch(_WORKSPACES, 2 * WORKSPACES)]
    plain, own = ids[:WORKSPACES], ids[WORKSPACES:]
    await _give_prices(database, own, models)
    worker = start_worker(servers)
    loads = {
        "plain": _entries(plain, models),
        "own": _entries(own, models),
        "unknown": _entries(plain, models, unknown=0.2),
        "few unknown": _entries(plain, models, unknown=0.2, names=ROUND_EVENTS // 50),
    }
    speeds: dict[str, list[float]] = {name: [] for name in loads}
    try:
        for made in loads.values():
            await drain(redis, worker, made, ROUND_EVENTS // 2)
        memory = []
        for _ in range(ROUNDS):
            for name, made in loads.items():
                speeds[name].append(ROUND_EVENTS / await drain(redis, worker, made, ROUND_EVENTS))
            memory.append(peak_rss(worker.pid))
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        await redis.aclose()
        await database.close()
    return [
        _row("worker: 500 models, 200 workspaces with own prices", speeds["own"], speeds["plain"], TARGET),
        _row(
            "worker: every fifth event of a model that nobody knows, a new one each",
            speeds["unknown"],
            speeds["few unknown"],
            None,
        ),
        {
            "name": "worker: peak memory after 60,000 unknown models, and after 20,000",
            "ours": memory[-1] / 2**20,
            "yardstick": memory[0] / 2**20,
            "ratio": memory[-1] / memory[0],
            "target": f"≤ {GROWTH} ×",
            "unit": "MiB",
            "met": memory[-1] <= GROWTH * memory[0],
        },
    ]


async def _give_prices(
    database: asyncpg.Connection, workspaces: Sequence[int], models: Sequence[tuple[str, ...]]
) -> None:
    chance = random.Random(4)
    own: list[tuple[int, str, str, str]] = []
    for place, workspace in enumerate(workspaces):
        own += [
            (workspace, provider, model, '{"tokens": {"input": "2", "output": "8"}}')
            for provider, model in chance.sample(models, OWN_PRICES)
        ]
        if place % 2:
            own.append((workspace, chance.choice(PROVIDERS), "*", '{"factor": "0.85"}'))
    await database.execute(_OWN, *map(list, zip(*own, strict=True)))
    await database.execute(_NAMES, list(workspaces))


def _entries(
    workspaces: Sequence[int],
    models: Sequence[tuple[str, ...]],
    *,
    unknown: float = 0,
    names: int | None = None,
) -> Iterator[Entry]:
    """Yield entries of the reference load with other models; `names` bounds how many unknown ones."""
    chance = random.Random(len(workspaces) + int(unknown * 10) + (names or 0))
    stream = events(seed=3)
    while True:
        workspace = chance.choice(workspaces)
        bodies = []
        for _ in range(EVENTS_AN_ENTRY):
            event = next(stream)
            event["provider"], event["model"] = chance.choice(models)
            if chance.random() < unknown:
                event["model"] = f"invented-{chance.randrange(names or 10**18)}"
            event["api"], event["usage"] = "chat", _USAGE
            event["customer"] = f"customer-{chance.randrange(5)}"
            bodies.append(json.dumps(event, separators=(",", ":")).encode())
        yield Entry(
            id=uuid7(),
            workspace_id=workspace,
            api_key_id=workspace,
            at_us=now_us(),
            events=len(bodies),
            body=b'{"events":[' + b",".join(bodies) + b"]}",
        )


def _row(
    name: str, ours: Sequence[float], yardstick: Sequence[float], target: float | None
) -> dict[str, Any]:
    ratio = median(ours) / median(yardstick)
    return {
        "name": name,
        "ours": median(ours),
        "yardstick": median(yardstick),
        "ratio": ratio,
        "target": f"≥ {target} × the same load without" if target else "a row of the rollups each",
        "unit": "events/s",
        "met": None if target is None else ratio >= target,
    }
