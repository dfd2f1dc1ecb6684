"""What screens ask for beside the summary, of a workspace with a million events in 30 days.

Events lie in the ledger (2 % failed, 1 in 3 with a session of some twenty calls, all with a response id),
their days in the rollups, and 10,000 customers in tier 2, some thousand a day. Requests go over HTTP to the
API in this process.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from llmlab_shared import log
from llmlab_shared.clock import now
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.migrations.run import migrate

from benchmarks.reads import p95, time_request

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from api_client import api_settings, run_api, signup
from servers import start_servers

EVENTS, DAYS, VALUES, VALUES_A_DAY = 1_000_000, 30, 10_000, 1_000
_EVENTS = """
INSERT INTO cost_events (workspace_id, id_time, id, timestamp, received_at, api_key_id, provider, model,
    price_status, status, billing, cost, input_tokens, output_tokens, feature, customer, session_id,
    response_id)
SELECT $1, at, gen_random_uuid(), at, at, 1 + n % 3, 'openai', 'model-' || n % 20, 'priced',
    CASE WHEN n % 50 = 0 THEN 'error' ELSE 'ok' END, 'metered', 0.0123, 1200, 350, 'feature-' || n % 15,
    'customer-' || n % 1000, CASE WHEN n % 3 = 0 THEN 'session-' || n / 60 END, 'resp-' || n
FROM generate_series(1, $2::int) n, LATERAL (
    SELECT $3::timestamptz - n * ($4::int * interval '1 day' / $2::int) AS at
) moment
"""
_QUARTERS = """
INSERT INTO rollup_15m
SELECT workspace_id, date_bin('15 minutes', timestamp, '2000-01-01Z'), provider, model, api_key_id, '',
    price_status, billing, count(*), count(*) FILTER (WHERE status = 'error'), sum(cost), sum(input_tokens),
    sum(output_tokens), 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM cost_events WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4, 5, 7, 8
"""
_DAYS = """
INSERT INTO rollup_day
SELECT workspace_id, (bucket AT TIME ZONE 'UTC')::date, provider, model, api_key_id, environment,
    price_status, billing, sum(events), sum(errors), sum(cost), sum(input_tokens), sum(output_tokens),
    0, 0, 0, 0, 0, 0, 0, 0, 0
FROM rollup_15m WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_CUSTOMERS = """
INSERT INTO rollup_dimension_day
SELECT $1, 'customer', (now() AT TIME ZONE 'UTC')::date - day, 'customer-' || (day * 337 + n * 7) % $3::int,
    'openai', 'model-' || n % 3, 'priced', 'metered', 10, 0, n * 0.01, 1200, 350
FROM generate_series(0, 29) day, generate_series(1, $2::int) n
ON CONFLICT DO NOTHING
"""


async def fill(connection: asyncpg.Connection, workspace: int) -> None:
    """Lay down the events and their sums in a workspace."""
    await Partitions().ensure(connection, [now() - timedelta(days=n) for n in range(DAYS + 1)])
    await connection.execute(_EVENTS, workspace, EVENTS, now(), DAYS)
    for statement in (_QUARTERS, _DAYS):
        await connection.execute(statement, workspace)
    await connection.execute(_CUSTOMERS, workspace, VALUES_A_DAY, VALUES)
    await connection.execute("VACUUM ANALYZE cost_events, rollup_15m, rollup_day, rollup_dimension_day")


async def _measure(database_url: str, redis_url: str) -> list[dict[str, Any]]:
    async with run_api(api_settings(database_url, redis_url)) as api:
        account = await signup(api.client)
        connection = await asyncpg.connect(database_url)
        await fill(connection, account.workspace_id)
        one = await connection.fetchval(
            "SELECT id FROM cost_events WHERE workspace_id = $1 AND status = 'ok' ORDER BY id_time DESC "
            "OFFSET 100000 LIMIT 1",
            account.workspace_id,
        )
        await connection.execute(
            "INSERT INTO event_ids SELECT workspace_id, id, id_time FROM cost_events WHERE id = $1", one
        )
        await connection.close()
        rows = []
        for name, path, rounds, target in (
            ("what errors cost", "/api/costs/summary?status=error", 20, 150.0),
            ("values of 10,000 customers", "/api/costs/values?dimension=customer&q=77", 20, 100.0),
            ("values of 10,000 customers, all", "/api/costs/values?dimension=customer", 20, 100.0),
            ("one event in full", f"/api/costs/{one}", 20, None),
            ("costliest sessions, of a day", "/api/costs/sessions?from={day}", 10, None),
            ("costliest sessions, of 30 days", "/api/costs/sessions", 4, None),
            ("feature by customer, of 30 days", "/api/costs/summary?group_by=feature,customer", 4, None),
        ):
            url = path.replace("{day}", str(now().date() - timedelta(days=1)))
            await time_request(api.client, url, account.key_auth)
            taken = [await time_request(api.client, url, account.key_auth) for _ in range(rounds)]
            row = {
                "name": f"screens, 1 M events: {name}, p95",
                "ours": p95(taken),
                "yardstick": None,
                "ratio": None,
                "target": f"≤ {target:.0f} ms" if target else "",
                "unit": "ms",
            }
            if target:
                row["met"] = row["ours"] <= target
            rows.append(row)
        return rows


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table; takes about a minute."""
    log.configure("warning", "text")
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_measure(servers.database_url, servers.redis_url))
