"""Folding a day with a million rows of tier 2: how long a spend waits for it, and how fast rows move.

The rows are laid down as a random user with every call leaves them. Beside the fold one connection enters
the spend lock again and again, as spends do; the yardstick is how long it waits while nothing is folded.
The last row is what the fold is for: a month grouped by a dimension with as many values as are kept.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from llmlab_shared import log
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import open_pool
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.migrations.run import migrate
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.pipeline.folds import Place

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from api_client import Account, api_settings, run_api, signup
from servers import Servers, start_servers

USERS, MODELS, DAYS, ROUNDS = 333_333, 3, 30, 15
_FILL = """
INSERT INTO rollup_dimension_day (workspace_id, dimension, day, value, provider, model, price_status, billing,
    events, errors, cost, input_tokens, output_tokens)
SELECT $1, 'user', $2::date - d, 'user-' || md5(u::text), 'openai', 'gpt-' || m, 'priced', 'metered',
    1, 0, random() / 1000, 1000, 500
FROM generate_series(0, $3 - 1) d, generate_series(1, $4) u, generate_series(1, $5) m
"""
_FILL_DAYS = """
INSERT INTO rollup_day
SELECT workspace_id, day, provider, model, 1, '', price_status, billing, sum(events), 0, sum(cost),
    sum(input_tokens), sum(output_tokens), 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM rollup_dimension_day WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4, 7, 8
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows of folding."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers))


async def _measure(servers: Servers) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    pool = await open_pool(servers.database_url, command_timeout=300)
    async with run_api(api_settings(servers.database_url, servers.redis_url)) as api:
        one, other = await signup(api.client), await signup(api.client)
        place = Place(one.workspace_id, today - timedelta(days=1), "user")
        await _fill(pool, place.workspace_id, place.day, 1, USERS)
        kept = ServerSettings.model_fields["values_a_day"].default
        await _fill(pool, other.workspace_id, today, DAYS, kept)
        await pool.execute("VACUUM ANALYZE rollup_dimension_day")
        async with _spends(servers.database_url) as quiet:
            await asyncio.sleep(3)
        async with _spends(servers.database_url) as waits:
            await mark(pool, [place], kept)
            began = time.perf_counter()
            await complete(pool, place)
            moved = (USERS - kept) * MODELS / (time.perf_counter() - began)
        await pool.execute("VACUUM ANALYZE rollup_dimension_day")
        read = median([await _read(api.client, other, today) for _ in range(ROUNDS)])
    await pool.close()
    rows = [("longest wait of a spend while a million rows are folded", max(waits) * 1e3, "ms")]
    rows.append(("rows moved to (other)", moved, "rows/s"))
    rows.append(
        (f"summary of {DAYS} days by a dimension of {kept:,} values × {MODELS} models", read * 1e3, "ms")
    )
    found = [
        {"name": f"folds: {name}", "ours": ours, "yardstick": None, "ratio": None, "target": "", "unit": unit}
        for name, ours, unit in rows
    ]
    found[0] |= {"yardstick": max(quiet) * 1e3, "ratio": max(waits) / max(quiet)}
    return found


async def _fill(pool: asyncpg.Pool, workspace_id: int, last: date, days: int, users: int) -> None:
    await pool.execute(_FILL, workspace_id, last, days, users, MODELS)
    await pool.execute(_FILL_DAYS, workspace_id)


@asynccontextmanager
async def _spends(database_url: str) -> AsyncIterator[list[float]]:
    """Enter the spend lock again and again; yield how long it took each time, in seconds."""
    waits: list[float] = []
    connection = await asyncpg.connect(database_url)

    async def enter() -> None:
        while True:
            began = time.perf_counter()
            async with connection.transaction():
                await enter_spend(connection)
                waits.append(time.perf_counter() - began)

    entering = asyncio.create_task(enter())
    try:
        yield waits
    finally:
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        await connection.close()


async def _read(client: Any, account: Account, today: date) -> float:
    asked = {
        "from": str(today - timedelta(days=DAYS - 1)),
        "to": str(today + timedelta(days=1)),
        "group_by": "user",
    }
    began = time.perf_counter()
    answer = await client.get("/api/costs/summary", params=asked, headers=account.auth)
    took = time.perf_counter() - began
    assert len(answer.json()["groups"]) > 0, answer.text
    return took
