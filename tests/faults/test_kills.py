"""Killing each process while events flow: what was acknowledged is stored once and summed exactly.

Real processes, real SIGKILL. The client repeats whatever got no answer, with the same ids, so that
at the end the stored total must equal what was acknowledged, to the last digit.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import httpx
import pytest
from databases import prepare_database
from flow import Flow
from live import LiveStack, wait_until
from servers import Servers, start_servers


class Scene:
    """Servers of its own, an API and two workers, and the means to kill each."""

    def __init__(self, servers: Servers, stack: LiveStack) -> None:
        self.servers = servers
        self.stack = stack

    async def kill_worker(self) -> None:
        victim = self.stack.workers.pop(0)
        victim.kill()
        victim.wait()
        self.stack.start_worker()

    async def kill_api(self) -> None:
        assert self.stack.api is not None
        self.stack.api.kill()
        self.stack.api.wait()
        await asyncio.to_thread(self.stack.start_api)

    async def kill_valkey(self) -> None:
        await asyncio.to_thread(self.servers.kill_valkey)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.servers.restart_valkey)

    async def kill_postgres(self) -> None:
        await asyncio.to_thread(self.servers.kill_postgres)
        await asyncio.sleep(1)
        await asyncio.to_thread(self.servers.restart_postgres)

    async def stall_worker(self) -> None:
        """Stop a worker until the others have taken over what it held, then let it wake."""
        sleeper = self.stack.workers[0]
        sleeper.send_signal(signal.SIGSTOP)
        await asyncio.sleep(12)
        sleeper.send_signal(signal.SIGCONT)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    servers = start_servers()
    stack = LiveStack(servers.database_url, servers.redis_url, tmp_path)
    try:
        prepare_database(servers.database_url)
        stack.start_api()
        stack.start_worker()
        stack.start_worker()
        yield Scene(servers, stack)
    finally:
        stack.stop()
        servers.stop()


def _sign_up(url: str) -> str:
    answer = httpx.post(
        f"{url}/api/auth/signup", json={"email": "kim@example.com", "password": "correct horse battery"}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["api_key"])


async def _check(scene: Scene, flow: Flow) -> None:
    """The database holds what was acknowledged, once, and every total says the same."""
    headers = {"Authorization": f"Bearer {flow.key}"}

    def drained() -> bool:
        answer = httpx.get(f"{scene.stack.url}/api/costs/summary", headers=headers, timeout=10)
        return answer.is_success and answer.json()["freshness"]["backlog"] == 0

    await asyncio.to_thread(wait_until, drained, "the backlog is empty", 60)
    summary = httpx.get(f"{scene.stack.url}/api/costs/summary", headers=headers, timeout=10).json()
    connection = await asyncpg.connect(scene.servers.database_url)
    try:
        stored, distinct, cost = await connection.fetchrow(
            "SELECT count(*), count(DISTINCT id), coalesce(sum(cost), 0) FROM cost_events"
        )
        dead = await connection.fetchval("SELECT count(*) FROM dead_letters")
        by_tier = {
            table: tuple(
                await connection.fetchrow(f"SELECT coalesce(sum(events), 0), sum(cost) FROM {table} {where}")
            )
            for table, where in (
                ("rollup_15m", ""),
                ("rollup_day", ""),
                ("rollup_dimension_day", "WHERE dimension = 'feature'"),
                ("rollup_dimension_day ", "WHERE dimension = 'customer'"),
            )
        }
    finally:
        await connection.close()
    assert dead == 0
    assert (stored, distinct, cost) == (flow.acknowledged, flow.acknowledged, flow.expected_cost)
    assert by_tier == dict.fromkeys(by_tier, (flow.acknowledged, flow.expected_cost))
    assert Decimal(summary["total_spend"]) == flow.expected_cost
    assert summary["counts"]["events"] == flow.acknowledged


async def _during_flow(
    scene: Scene, seed: int, faults: list[Callable[[], Awaitable[None]]], pause: float = 1.5
) -> Flow:
    flow = Flow(scene.stack.url, _sign_up(scene.stack.url), seed)
    running = asyncio.create_task(flow.run())
    rng = random.Random(seed)
    for fault in faults:
        await asyncio.sleep(rng.uniform(0.5, 1) * pause)
        await fault()
    await asyncio.sleep(pause)
    flow.stop()
    await asyncio.wait_for(running, 60)
    assert flow.acknowledged > 500
    return flow


async def test_workers_killed(scene: Scene) -> None:
    await _check(scene, await _during_flow(scene, 1, [scene.kill_worker] * 5))


async def test_api_killed(scene: Scene) -> None:
    flow = await _during_flow(scene, 2, [scene.kill_api] * 3)
    assert flow.retries > 0
    await _check(scene, flow)


async def test_valkey_killed(scene: Scene) -> None:
    flow = await _during_flow(scene, 3, [scene.kill_valkey] * 3)
    assert flow.statuses.get(503, 0) > 0
    await _check(scene, flow)


async def test_postgres_killed(scene: Scene) -> None:
    flow = await _during_flow(scene, 4, [scene.kill_postgres] * 2, pause=2.5)
    # The API needs no database to accept: nothing was refused while it was away.
    assert set(flow.statuses) == {202}
    await _check(scene, flow)


async def test_a_stalled_worker_wakes_after_its_entries_were_taken(scene: Scene) -> None:
    await _check(scene, await _during_flow(scene, 5, [scene.stall_worker]))


async def test_everything_in_turn(scene: Scene) -> None:
    faults = [scene.kill_worker, scene.kill_valkey, scene.kill_api, scene.kill_postgres, scene.kill_worker]
    random.Random(6).shuffle(faults)
    await _check(scene, await _during_flow(scene, 6, faults))
