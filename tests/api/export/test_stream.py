"""An export as a stream on a real socket: readers that are slow or leave, and a database that goes away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import uvicorn
from ledger import event
from llmlab_api.connections import Connection
from llmlab_shared.db.repositories import events_walk
from llmlab_shared.db.repositories.events_walk import EventWalk
from world import World, open_world

EVENTS = 2000
# Enough that no socket's buffer holds all of it.
WIDE = {"metadata": {f"m{n}": "x" * 200 for n in range(15)}}
STILL_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The world's application on a port, spoken to as in production."""
    config = uvicorn.Config(world.app, http=Connection, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def full(world: World) -> World:
    await world.store(*(event(**WIDE) for _ in range(EVENTS)))
    return world


@asynccontextmanager
async def begun(url: str, world: World) -> AsyncIterator[AsyncIterator[bytes]]:
    """An export of which the first bytes have come."""
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{url}/api/costs/export", headers=world.account.key_auth) as response,
    ):
        assert response.status_code == 200
        chunks = response.aiter_raw()
        assert await anext(chunks)
        yield chunks


async def settled(read: Any, seconds: float = 10) -> int:
    """Wait until a number no longer grows, and return it."""
    deadline, before = asyncio.get_running_loop().time() + seconds, -1
    while (now := read()) != before:
        assert asyncio.get_running_loop().time() < deadline
        before = now
        await asyncio.sleep(0.3)
    return before


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each step brought, as they are taken."""
    taken: list[int] = []
    step = EventWalk.step

    async def counted(self: EventWalk, connection: Any) -> Any:
        rows = list(await step(self, connection))
        taken.append(len(rows))
        return iter(rows)

    monkeypatch.setattr(events_walk.EventWalk, "step", counted)
    return taken


async def test_a_slow_reader_holds_nothing_and_gets_everything(full: World, steps: list[int]) -> None:
    async with served(full) as url, begun(url, full) as chunks:
        # It stops reading: so do we, long before the end, and no connection or transaction waits for it.
        assert await settled(lambda: sum(steps)) < EVENTS
        assert full.app.state.services.engine.pool.checkedout() == 0
        # The one that asks is busy itself.
        assert await full.ledger.pool.fetchval(STILL_OPEN) == 1
        lines = 0
        async for chunk in chunks:
            lines += chunk.count(b"\n")
    assert sum(steps) == EVENTS
    assert lines > EVENTS * 0.9


async def test_a_reader_that_leaves_ends_the_work(full: World, steps: list[int]) -> None:
    async with served(full) as url:
        # Whoever wants the head alone costs no step at all.
        async with httpx.AsyncClient() as client:
            head = await client.head(f"{url}/api/costs/export", headers=full.account.key_auth)
        assert (head.status_code, head.headers["x-llmlab-rows"], steps) == (200, str(EVENTS), [])
        async with begun(url, full):
            pass
        assert await settled(lambda: sum(steps)) < EVENTS
        assert full.app.state.services.engine.pool.checkedout() == 0


class Relay:
    """A way to the database that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._writers += [writer, back]
        await asyncio.gather(self._pour(reader, back), self._pour(there, writer))

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()


async def test_a_database_that_goes_away_leaves_no_end_that_looks_like_one(
    database_url: str, redis_url: str, steps: list[int]
) -> None:
    parts = urlsplit(database_url)
    relay = Relay(parts.hostname or "", parts.port or 0)
    place = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{await relay.start()}"
    async with open_world(urlunsplit(parts._replace(netloc=place)), redis_url) as full:
        await full.store(*(event(**WIDE) for _ in range(EVENTS)))
        async with served(full) as url, begun(url, full) as chunks:
            await settled(lambda: sum(steps))
            relay.cut()
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in chunks:
                    pass
            assert sum(steps) < EVENTS
            # And whoever begins one now is told so at once.
            async with httpx.AsyncClient() as client:
                away = await client.get(f"{url}/api/costs/export", headers=full.account.key_auth)
            assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")


async def test_exports_do_not_take_every_connection(full: World) -> None:
    pool = full.app.state.services.engine.pool
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, pool.checkedout())
            await asyncio.sleep(0.001)

    async with served(full) as url, httpx.AsyncClient(timeout=30) as client:

        async def export() -> int:
            got = await client.get(f"{url}/api/costs/export", headers=full.account.key_auth)
            return got.content.count(b"\n")

        watching = asyncio.create_task(watch())
        exports = [asyncio.create_task(export()) for _ in range(4)]
        await asyncio.sleep(0.5)
        answers = [(await full.get("/api/costs/summary")).status_code for _ in range(3)]
        assert await asyncio.gather(*exports) == [EVENTS] * 4
        watching.cancel()
    assert answers == [200] * 3
    # Two that export, and those that begin or ask something else.
    assert most < 10
