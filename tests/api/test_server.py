"""The API as a process: it starts whatever is away, and stops without dropping a request."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from api_client import SECRET_KEY, Account, api_settings, run_api, signup
from llmlab_shared.queue.entry import stream_name
from redis.asyncio import Redis
from servers import free_port

EVENT = b'{"provider":"openai","model":"gpt-4"}'
_RUN = """
import sys
from llmlab_api.server import run
from llmlab_shared.config import ServerSettings
run(ServerSettings(), host="127.0.0.1", port=int(sys.argv[1]))
"""


@contextmanager
def serving(folder: Path, database_url: str, redis_url: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run an API process; yield it and its port."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "LLMLAB_DATABASE_URL": database_url,
        "LLMLAB_REDIS_URL": redis_url,
        "LLMLAB_SECRET_KEY": SECRET_KEY,
        "LLMLAB_LOG_FORMAT": "json",
    }
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(port)], env=environment, cwd=folder, stdout=log, stderr=log
        )
    try:
        yield process, port
    finally:
        process.kill()
        process.wait(10)


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(600):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
    raise AssertionError("the API does not listen")


@pytest.fixture
async def account(database_url: str, redis_url: str) -> AsyncIterator[Account]:
    async with run_api(api_settings(database_url, redis_url)) as api:
        yield await signup(api.client)


async def test_a_request_under_way_is_finished_on_sigterm(
    tmp_path: Path, database_url: str, redis_url: str, account: Account
) -> None:
    with serving(tmp_path, database_url, redis_url) as (process, port):
        reader, writer = await connect(port)
        head = (
            "POST /api/events/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {account.api_key}\r\nContent-Length: {len(EVENT)}\r\n\r\n"
        )
        writer.write(head.encode() + EVENT[:9])
        await writer.drain()
        await asyncio.sleep(0.3)  # the request is known to the server
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        writer.write(EVENT[9:])
        answer = await reader.read()
        writer.close()
        code = await asyncio.to_thread(process.wait, 20)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert answer.endswith(b'{"accepted":1,"rejected":[]}')
    assert code in {0, -signal.SIGTERM}
    async with Redis.from_url(redis_url) as redis:
        assert await redis.xlen(stream_name(0)) == 1


async def test_it_starts_while_everything_is_away(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody:x@127.0.0.1:1/none", "redis://127.0.0.1:1/0"
    with serving(tmp_path, *nowhere) as (process, port):
        _, writer = await connect(port)
        writer.close()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 503
            response = await client.post("/api/events/track", content=EVENT)
            assert response.status_code == 401
            assert "server" not in response.headers
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) in {0, -signal.SIGTERM}


async def test_an_endless_body_is_cut_off(
    tmp_path: Path, database_url: str, redis_url: str, account: Account
) -> None:
    with serving(tmp_path, database_url, redis_url) as (_, port):
        reader, writer = await connect(port)
        head = (
            "POST /api/events/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            f"Authorization: Bearer {account.api_key}\r\n\r\n"
        )
        writer.write(head.encode())
        chunk = b"%x\r\n%b\r\n" % (1 << 20, b" " * (1 << 20))

        async def pour() -> None:
            while True:
                writer.write(chunk)
                await writer.drain()

        pouring = asyncio.create_task(pour())
        status = await reader.readline()
        # The server closes the connection: pouring ends by itself.
        results = await asyncio.gather(pouring, return_exceptions=True)
        writer.close()
    assert status.startswith(b"HTTP/1.1 413 ")
    assert isinstance(results[0], ConnectionError)
