"""`POST /api/events/track` against the least that could do the same: a bare Starlette endpoint that XADDs.

Both are one uvicorn process (uvloop, httptools) on the same Valkey, in turns. The load comes from a process
of its own, over raw sockets with requests built beforehand. Valkey writes no file where there is a target,
since its disk would be the limit of both sides; the last row has `appendfsync always`, as it is shipped.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import httptools
from redis.asyncio import Redis

from benchmarks.reference_load import body

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from servers import Servers, free_port, start_servers

# Events a request, whether Valkey writes its file, and the target of the ratio.
CASES = ((100, False, 0.45), (1, False, 1.3), (1, True, None))
CONNECTIONS = 32
ROUNDS = 4
ROUND_SECONDS = 1.0
_WARM_UP_SECONDS = 0.5
_STREAMS = ("bare", "llmlab:{events:0}", "llmlab:{events:0}:bytes")


class _Client(asyncio.Protocol):
    """One connection that sends the next request when the answer to the last is complete."""

    def __init__(self, requests: list[bytes], counts: list[int], deadline: float) -> None:
        self._requests = requests
        self._counts = counts
        self._deadline = deadline
        self._sent = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._counts[self._parser.get_status_code() == 202] += 1
        if time.perf_counter() < self._deadline:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(self._requests[self._sent % len(self._requests)])
        self._sent += 1


async def _load(port: int, key: str, size: int, seconds: float) -> None:
    """Print answers of 202 a second; end with code 1 if there was any other."""
    requests = []
    for seed in range(8):
        content = body(size, seed)
        head = (
            "POST /api/events/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nUser-Agent: bench\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        requests.append(head.encode() + content)
    counts = [0, 0]
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    clients = [_Client(requests, counts, began + seconds) for _ in range(CONNECTIONS)]
    await asyncio.gather(
        *(loop.create_connection(lambda client=client: client, "127.0.0.1", port) for client in clients)
    )
    await asyncio.gather(*(client.done for client in clients))
    if counts[0]:
        sys.exit(f"{counts[0]} answers were not 202")
    print(counts[1] / (time.perf_counter() - began))


def _serve_bare(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    redis = Redis.from_url(os.environ["LLMLAB_REDIS_URL"])

    async def track(request: Request) -> Response:
        await redis.xadd("bare", {"b": await request.body()})
        return Response(b'{"accepted":1}', 202, media_type="application/json")

    app = Starlette(routes=[Route("/api/events/track", track, methods=["POST"])])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False)


def _serve_ours(port: int) -> None:
    from llmlab_api.server import run
    from llmlab_shared.config import ServerSettings

    run(ServerSettings(), host="127.0.0.1", port=port)


async def _prepare(servers: Servers) -> str:
    """Make a workspace with an API key; return the key."""
    from llmlab_shared.security import new_api_key

    key = new_api_key()
    connection = await asyncpg.connect(servers.database_url)
    try:
        workspace = await connection.fetchval("INSERT INTO workspaces (name) VALUES ('bench') RETURNING id")
        await connection.execute(
            "INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes) "
            "VALUES ($1, 'bench', $2, $3, $4)",
            workspace,
            key.prefix,
            key.hash,
            ["ingest"],
        )
    finally:
        await connection.close()
    return key.secret


def _start(kind: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.ingest", kind, str(port)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def _rate(port: int, key: str, size: int, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.ingest", "load", str(port), key, str(size), str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"nothing listens on port {port}")


async def _measure(servers: Servers, ports: tuple[int, int], key: str) -> list[dict[str, Any]]:
    for port in ports:
        await _wait_for(port)
    rows = []
    async with Redis.from_url(servers.redis_url) as redis:
        # No rewrite of the file in the middle of one side's round.
        await redis.config_set("auto-aof-rewrite-percentage", 0)
        for size, durable, target in CASES:
            await redis.config_set("appendonly", "yes" if durable else "no")
            ours, bare = await _compare(redis, ports, key, size)
            rows.append(
                {
                    "name": f"ingest, {size} event{'s' if size > 1 else ''} a request against a bare "
                    f"endpoint with XADD{', appendfsync always' if durable else ''}",
                    "ours": ours,
                    "yardstick": bare,
                    "ratio": ours / bare,
                    "target": "" if target is None else f"≥ {target}",
                    "unit": "requests/s",
                    "met": None if target is None else ours / bare >= target,
                }
            )
    return rows


async def _compare(redis: Redis, ports: tuple[int, int], key: str, size: int) -> tuple[float, float]:
    """Return the medians of both sides, in requests a second."""
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        for port, side in zip(ports, rates, strict=True):
            seconds = ROUND_SECONDS if turn else _WARM_UP_SECONDS
            rate = await asyncio.to_thread(_rate, port, key, size, seconds)
            await redis.delete(*_STREAMS)
            if turn:
                side.append(rate)
    return median(rates[0]), median(rates[1])


def measure() -> list[dict[str, Any]]:
    """Return a row for a hundred events a request and one for a single event; about 35 s."""
    from llmlab_shared.migrations.run import migrate

    servers = start_servers()
    processes = []
    try:
        migrate(servers.database_url)
        key = asyncio.run(_prepare(servers))
        environment = {
            **os.environ,
            "LLMLAB_DATABASE_URL": servers.database_url,
            "LLMLAB_REDIS_URL": servers.redis_url,
            "LLMLAB_SECRET_KEY": "a secret of the benchmark, long enough",
            # Nobody consumes here, so that only the API is measured.
            "LLMLAB_BACKLOG_BYTES": str(8 << 30),
        }
        ports = free_port(), free_port()
        processes = [
            _start(kind, port, environment) for kind, port in zip(("ours", "bare"), ports, strict=True)
        ]
        return asyncio.run(_measure(servers, ports, key))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        servers.stop()


def _main(kind: str, port: str, *rest: str) -> None:
    match kind:
        case "ours":
            _serve_ours(int(port))
        case "bare":
            _serve_bare(int(port))
        case "load":
            key, size, seconds = rest
            asyncio.run(_load(int(port), key, int(size), float(seconds)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
