"""Redis killed, hung, starting up, full or read-only: 503 with Retry-After, and recovery by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from api_client import Account, Api, api_settings, run_api, signup
from llmlab_shared.queue.entry import stream_name
from redis.asyncio import Redis
from servers import Servers, start_servers

PATH = "/api/events/track"
EVENT = {"provider": "openai", "model": "gpt-4"}


@pytest.fixture(scope="module")
def own() -> Iterator[Servers]:
    """Servers of these tests' own, since they kill Valkey."""
    started = start_servers()
    yield started
    started.stop()


@pytest.fixture
async def valkey(own: Servers) -> AsyncIterator[Servers]:
    """An empty Valkey that runs, and that runs again afterwards."""
    async with Redis.from_url(own.redis_url) as redis:
        await redis.flushall()
    yield own
    if own.valkey.poll() is not None:
        await asyncio.to_thread(own.restart_valkey)


@pytest.fixture
async def api(database_url: str, valkey: Servers) -> AsyncIterator[Api]:
    async with run_api(api_settings(database_url, valkey.redis_url)) as running:
        yield running


async def send(api: Api, account: Account) -> httpx.Response:
    return await api.client.post(PATH, json=EVENT, headers=account.key_auth)


def assert_unavailable(response: httpx.Response, words: str) -> None:
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["code"] == "queue_unavailable"
    assert words in response.json()["detail"]


async def test_killed_and_back(api: Api, account: Account, valkey: Servers) -> None:
    assert (await send(api, account)).status_code == 202
    valkey.kill_valkey()
    for response in await asyncio.gather(*(send(api, account) for _ in range(10))):
        assert_unavailable(response, "is away")
    await asyncio.to_thread(valkey.restart_valkey)
    assert (await send(api, account)).status_code == 202
    async with Redis.from_url(valkey.redis_url) as redis:
        # What was acknowledged before the kill is still there; what was refused is not.
        assert await redis.xlen(stream_name(0)) == 2


async def test_killed_while_requests_flow(api: Api, account: Account, valkey: Servers) -> None:
    statuses: list[int] = []

    async def flow() -> None:
        while len(statuses) < 400 or statuses[-1] != 202:
            statuses.append((await send(api, account)).status_code)

    tasks = [asyncio.create_task(flow()) for _ in range(8)]
    while len(statuses) < 100:
        await asyncio.sleep(0.01)
    valkey.kill_valkey()
    while 503 not in statuses:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(valkey.restart_valkey)
    await asyncio.gather(*tasks)
    assert set(statuses) == {202, 503}
    async with Redis.from_url(valkey.redis_url) as redis:
        # An entry may be there whose answer was lost, never the other way round.
        assert await redis.xlen(stream_name(0)) >= statuses.count(202)


async def test_hung(api: Api, account: Account, valkey: Servers) -> None:
    assert (await send(api, account)).status_code == 202
    valkey.valkey.send_signal(signal.SIGSTOP)
    try:
        for response in await asyncio.gather(*(send(api, account) for _ in range(5))):
            assert_unavailable(response, "in time")
    finally:
        valkey.valkey.send_signal(signal.SIGCONT)
    async with Redis.from_url(valkey.redis_url) as redis:
        await redis.ping()
    assert (await send(api, account)).status_code == 202


async def test_full_or_read_only(api: Api, account: Account, valkey: Servers) -> None:
    async with Redis.from_url(valkey.redis_url) as redis:
        await redis.config_set("maxmemory", 1)
        assert_unavailable(await send(api, account), "maxmemory")
        await redis.config_set("maxmemory", 0)
        await redis.slaveof("127.0.0.1", 1)
        assert_unavailable(await send(api, account), "read only")
        await redis.slaveof()
    assert (await send(api, account)).status_code == 202


async def test_the_backlog_is_bounded(database_url: str, valkey: Servers) -> None:
    async with run_api(api_settings(database_url, valkey.redis_url, backlog_bytes=1 << 20)) as api:
        account = await signup(api.client)
        body = {"events": [{**EVENT, "metadata": {"a": "x" * 250}}] * 800}
        taken = 0
        while True:
            response = await api.client.post(PATH, json=body, headers=account.key_auth)
            if response.status_code != 202:
                break
            taken += 1
        assert response.status_code == 503
        assert response.json()["code"] == "backlog_full"
        assert int(response.headers["retry-after"]) > 0
        assert taken * len(response.request.content) <= 1 << 20 < (taken + 1) * len(response.request.content)
        state = (await api.client.get("/health/ready")).json()["backlog"]
        assert state["bytes"] <= state["limit_bytes"] == 1 << 20
