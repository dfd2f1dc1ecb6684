"""Which errors are the database's being away (503), and which are faults of ours (500, in the log)."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from api_client import Api, api_settings, run_api
from llmlab_shared.db.outage import is_outage
from redis.exceptions import ConnectionError as RedisAway
from servers import free_port

AWAY = [
    ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    TimeoutError(),
    socket.gaierror(socket.EAI_AGAIN, "no resolver"),
    OSError(errno.EHOSTUNREACH, "no route"),
    asyncpg.CannotConnectNowError("starting up"),
    asyncpg.TooManyConnectionsError("too many"),
]
OURS = [
    FileNotFoundError(errno.ENOENT, "no such file", "/etc/llmlab"),
    PermissionError(errno.EACCES, "not allowed", "/etc/llmlab"),
    OSError(errno.ENOSPC, "disk full"),
    OSError(errno.EMFILE, "too many open files"),
    OSError("something else"),
    asyncpg.UndefinedColumnError("a query of ours"),
    RedisAway("each route says itself what it does without Redis"),
]


@pytest.fixture
async def api(database_url: str, redis_url: str) -> AsyncIterator[Api]:
    async with run_api(api_settings(database_url, redis_url)) as running:

        @running.app.get("/test/{kind}/{number}")
        async def fail(kind: str, number: int) -> None:
            raise (AWAY if kind == "away" else OURS)[number]

        yield running


async def test_what_is_away_is_503_and_what_is_broken_is_500(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, error in enumerate(AWAY):
        response = await api.client.get(f"/test/away/{number}")
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable"), error
        assert response.headers["retry-after"]
    assert "request failed" not in capsys.readouterr().out
    for number, error in enumerate(OURS):
        response = await api.client.get(f"/test/ours/{number}")
        assert (response.status_code, response.json()["code"]) == (500, "internal_error"), error
        assert response.headers["content-type"] == "application/problem+json"
        logged = capsys.readouterr().out
        assert "request failed" in logged
        assert type(error).__name__ in logged


async def test_the_ways_in_which_a_connection_really_fails(tmp_path: Path) -> None:
    port, folder = free_port(), os.fspath(tmp_path)
    for host in ("localhost", "127.0.0.1", "no.such.host.invalid", folder):
        connecting = asyncpg.connect(host=host, port=port, user="x", database="x", timeout=5)
        (error,) = await asyncio.gather(connecting, return_exceptions=True)
        assert isinstance(error, OSError), host
        assert is_outage(error), host
