"""`GET /api/costs/summary` over 30 days: a workspace with 10 million events against one with 10 thousand.

The rollups are laid down as that many events leave them, without the events: of 20 models, 3 API keys,
2 environments, 15 features and 200 customers, spread evenly. Ten million reach every combination in
every day and in every quarter of an hour; ten thousand are drawn one by one. Requests go over HTTP to
the API in this process, by turns to the one and the other, so that both meet the same weather.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from llmlab_shared import log
from llmlab_shared.migrations.run import migrate

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from api_client import api_settings, run_api, signup
from servers import start_servers

MANY, FEW = 10_000_000, 10_000
ROUNDS, WARM_UP = 100, 5
TARGET_MS, TARGET_RATIO = 50.0, 1.5

# One row for each combination that the events of a workspace meet.
_DRAWN = """
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT 1 + floor(random() * 20)::int AS model, 1 + floor(random() * 3)::int AS key,
    floor(random() * 2)::int AS env, floor(random() * 15)::int AS feature,
    floor(random() * 200)::int AS customer, floor(random() * 30 * 96)::int AS quarter
FROM generate_series(1, {events})
"""
_FEW_BASE = "SELECT quarter, model, key, env, count(*) AS n FROM drawn GROUP BY 1, 2, 3, 4"
_MANY_BASE = """
SELECT quarter, model, key, env, {events} / (2880 * 120) AS n
FROM generate_series(0, 2879) quarter, generate_series(1, 20) model,
    generate_series(1, 3) key, generate_series(0, 1) env
"""
_FEW_OWN = """
SELECT 'feature' AS dimension, quarter / 96 AS day, 'feature-' || feature AS value, model, count(*) AS n
FROM drawn GROUP BY 2, 3, 4
UNION ALL
SELECT 'customer', quarter / 96, 'customer-' || customer, model, count(*) FROM drawn GROUP BY 2, 3, 4
"""
_MANY_OWN = """
SELECT 'feature' AS dimension, day, 'feature-' || value AS value, model, {events} / (30 * 15 * 20) AS n
FROM generate_series(0, 29) day, generate_series(0, 14) value, generate_series(1, 20) model
UNION ALL
SELECT 'customer', day, 'customer-' || value, model, {events} / (30 * 200 * 20)
FROM generate_series(0, 29) day, generate_series(0, 199) value, generate_series(1, 20) model
"""
_PROVIDER = "(ARRAY['openai', 'anthropic', 'google', 'mistral', 'aws'])[1 + model % 5]"
_ENVIRONMENT = "(ARRAY['production', 'staging'])[1 + env]"
_SUMS = "n, n / 50, n * 0.0123, n * 1200, n * 350"
_PARTS = "n * 400, 0, 0, 0, 0, 0, 0, 0, n * 20"
_FILL = (
    """
INSERT INTO rollup_15m
SELECT {workspace}, date_trunc('day', now(), 'UTC') - interval '29 days' + quarter * interval '15 minutes',
    {provider}, 'model-' || model, key, {environment}, 'priced', 'metered', {sums}, {parts}
FROM ({base}) base
""",
    """
INSERT INTO rollup_day
SELECT workspace_id, (bucket AT TIME ZONE 'UTC')::date, provider, model, api_key_id, environment,
    price_status, billing, sum(events), sum(errors), sum(cost), sum(input_tokens), sum(output_tokens),
    sum(cache_read_tokens), 0, 0, 0, 0, 0, 0, 0, sum(reasoning_tokens)
FROM rollup_15m WHERE workspace_id = {workspace} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
""",
    """
INSERT INTO rollup_dimension_day
SELECT {workspace}, dimension, (now() AT TIME ZONE 'UTC')::date - 29 + day, value, {provider},
    'model-' || model, 'priced', 'metered', {sums}
FROM ({own}) own
""",
)


async def _fill(connection: asyncpg.Connection, workspace: int, events: int) -> None:
    few = events <= FEW
    values = {
        "workspace": workspace,
        "provider": _PROVIDER,
        "environment": _ENVIRONMENT,
        "sums": _SUMS,
        "parts": _PARTS,
        "base": (_FEW_BASE if few else _MANY_BASE).format(events=events),
        "own": (_FEW_OWN if few else _MANY_OWN).format(events=events),
    }
    async with connection.transaction():
        if few:
            await connection.execute(_DRAWN.format(events=events))
        for statement in _FILL:
            await connection.execute(statement.format(**values))


async def time_request(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> float:
    started = time.perf_counter()
    answer = await client.get(path, headers=headers)
    elapsed = time.perf_counter() - started
    answer.raise_for_status()
    return elapsed * 1000


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


async def _measure(database_url: str, redis_url: str) -> list[dict[str, Any]]:
    async with run_api(api_settings(database_url, redis_url)) as api:
        many, few = await signup(api.client), await signup(api.client)
        connection = await asyncpg.connect(database_url)
        await _fill(connection, many.workspace_id, MANY)
        await _fill(connection, few.workspace_id, FEW)
        await connection.execute("VACUUM ANALYZE rollup_15m, rollup_day, rollup_dimension_day")
        await connection.close()
        rows = []
        for name, path, rounds, target in (
            ("30 days", "/api/costs/summary", ROUNDS, True),
            ("30 days by feature and day", "/api/costs/summary?group_by=feature,day", ROUNDS // 2, False),
            ("30 days by customer", "/api/costs/summary?group_by=customer", ROUNDS // 5, False),
            ("30 days in a foreign zone", "/api/costs/summary?tz=Asia/Kathmandu", ROUNDS // 10, False),
        ):
            times: dict[str, list[float]] = {"many": [], "few": []}
            for number in range(rounds + WARM_UP):
                for kind, account in (("many", many), ("few", few)):
                    elapsed = await time_request(api.client, path, account.key_auth)
                    if number >= WARM_UP:
                        times[kind].append(elapsed)
            ours, yardstick = p95(times["many"]), p95(times["few"])
            row = {
                "name": f"summary, {name}: 10 M events against 10 k, p95",
                "ours": ours,
                "yardstick": yardstick,
                "ratio": ours / yardstick,
                "target": f"≤ {TARGET_RATIO} ×, ≤ {TARGET_MS:.0f} ms" if target else "",
                "unit": "ms",
            }
            if target:
                row["met"] = ours <= TARGET_MS and ours / yardstick <= TARGET_RATIO
            rows.append(row)
        return rows


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table; takes about half a minute."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers.database_url, servers.redis_url))
