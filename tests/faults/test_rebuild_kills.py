"""A new zone and a new tag while events flow and workers are killed: rollups and budgets equal the events."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from databases import prepare_database
from flow import Flow
from live import LiveStack
from llmlab_shared.clock import now
from llmlab_shared.db.engine import open_pool
from llmlab_shared.db.partitions import Partitions
from llmlab_worker.jobs.reconcile import differences, rebuild
from servers import start_servers
from worker_process import until

# Two months, priced as the reference is.
HISTORY = """
INSERT INTO cost_events (workspace_id, id_time, id, timestamp, received_at, api_key_id, provider, model,
    price_status, status, billing, cost, input_tokens, output_tokens, feature, customer, tags)
SELECT $1, at, gen_random_uuid(), at, at, 1, 'openai', 'gpt-4', 'priced', 'ok', 'metered', 0.06, 1000, 500,
    'f' || n % 5, 'c' || n % 20, jsonb_build_object('tier', 't' || n % 3)
FROM generate_series(1, 6000) n, LATERAL (SELECT $2::timestamptz - n * interval '14 minutes' AS at) t
"""


async def test_a_rebuild_survives_its_workers(tmp_path: Path) -> None:
    servers = start_servers()
    stack = LiveStack(servers.database_url, servers.redis_url, tmp_path)
    try:
        prepare_database(servers.database_url)
        stack.start_api()
        for _ in range(3):
            stack.start_worker()
        await _change_and_kill(servers.database_url, stack)
    finally:
        stack.stop()
        servers.stop()


async def _fill(pool: asyncpg.Pool, workspace: int) -> None:
    last = now() - timedelta(days=1)
    async with pool.acquire() as connection:
        await Partitions().ensure(connection, [last - timedelta(days=n * 20) for n in range(4)])
    await pool.execute(HISTORY, workspace, last)
    await rebuild(pool, workspace)


async def _change_and_kill(database_url: str, stack: LiveStack) -> None:
    answer = httpx.post(
        f"{stack.url}/api/auth/signup",
        json={"email": "kim@example.com", "password": "correct horse battery"},
        timeout=60,
    ).json()
    workspace = answer["user"]["workspaces"][0]["id"]
    pool = await open_pool(database_url)
    await _fill(pool, workspace)
    flow = Flow(stack.url, answer["api_key"], 7)
    running = asyncio.create_task(flow.run())
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    client = httpx.AsyncClient(base_url=stack.url, headers=bearer, timeout=60)
    try:
        async with client:
            for budget in ({"period": "day"}, {"period": "month", "each": "customer"}):
                made = await client.post("/api/budgets", json={"budget_amount": "1000", **budget})
                assert made.status_code == 201, made.text
            await asyncio.sleep(1)
            rng = random.Random(7)
            for zone, tags in (("Asia/Kathmandu", ["tier"]), ("America/St_Johns", [])):
                changed = await client.patch("/api/workspace", json={"timezone": zone, "tags": tags})
                assert changed.json()["rebuilding"] is not None, changed.text
                await asyncio.sleep(rng.uniform(0, 0.2))
                victim = stack.workers.pop(0)
                victim.kill()
                victim.wait()
                stack.start_worker()

            async def rebuilt() -> bool:
                state: dict[str, Any] = (await client.get("/api/workspace")).json()
                return state["rebuilding"] is None

            await until(rebuilt, "the days are rebuilt", 120)
            flow.stop()
            await asyncio.wait_for(running, 60)

            async def drained() -> bool:
                summary = (await client.get("/api/costs/summary")).json()
                return bool(summary["freshness"]["backlog"] == 0)

            await until(drained, "the backlog is empty")
            assert await differences(pool, workspace) == []
            summary = (await client.get("/api/costs/summary")).json()
            assert summary["counts"]["events"] <= flow.acknowledged + 6000
            stored = await pool.fetchval("SELECT count(*) FROM cost_events")
            assert stored == flow.acknowledged + 6000
            assert flow.acknowledged > 100
    finally:
        flow.stop()
        await asyncio.gather(running, return_exceptions=True)
        await pool.close()
