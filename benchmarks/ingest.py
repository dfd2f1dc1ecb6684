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
from dataclasses import dataclass, field
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
ROUND_SECONDS = 0.8
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


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """What a process has used so far, user and system; 0 where /proc is not."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class _Side:
    """One of the two servers, with what its rounds showed."""

    process: subprocess.Popen[bytes]
    port: int
    rates: list[float] = field(default_factory=list)
    answered: float = 0
    cpu: float = 0

    def round(self, key: str, size: int, seconds: float) -> None:
        before = _cpu_seconds(self.process)
        rate = _rate(self.port, key, size, seconds)
        self.rates.append(rate)
        self.answered += rate * seconds
        self.cpu += _cpu_seconds(self.process) - before


async def _measure(
    servers: Servers, started: list[tuple[subprocess.Popen[bytes], int]], key: str
) -> list[dict[str, Any]]:
    for _, port in started:
        await _wait_for(port)
    rows: list[dict[str, Any]] = []
    async with Redis.from_url(servers.redis_url) as redis:
        # No rewrite of the file in the middle of one side's round.
        await redis.config_set("auto-aof-rewrite-percentage", 0)
        for size, durable, target in CASES:
            await redis.config_set("appendonly", "yes" if durable else "no")
            ours, bare = [_Side(process, port) for process, port in started]
            await _compare(redis, (ours, bare), key, size)
            rows += _rows(ours, bare, size, durable, target)
    return rows


async def _compare(redis: Redis, sides: tuple[_Side, _Side], key: str, size: int) -> None:
    for side in sides:
        await asyncio.to_thread(_rate, side.port, key, size, _WARM_UP_SECONDS)
        await redis.delete(*_STREAMS)
    for _ in range(ROUNDS):
        for side in sides:
            await asyncio.to_thread(side.round, key, size, ROUND_SECONDS)
            await redis.delete(*_STREAMS)


def _rows(ours: _Side, bare: _Side, size: int, durable: bool, target: float | None) -> list[dict[str, Any]]:
    what = f"ingest, {size} event{'s' if size > 1 else ''} a request against a bare endpoint with XADD"
    rate, yardstick = median(ours.rates), median(bare.rates)
    rows: list[dict[str, Any]] = [
        {
            "name": what + (", appendfsync always" if durable else ""),
            "ours": rate,
            "yardstick": yardstick,
            "ratio": rate / yardstick,
            "target": "" if target is None else f"≥ {target}",
            "unit": "requests/s",
            "met": None if target is None else rate / yardstick >= target,
        }
    ]
    if ours.cpu and bare.cpu and not durable:
        spent, least = (1e6 * side.cpu / side.answered / size for side in (ours, bare))
        rows.append(
            {
                "name": f"{what}: CPU of the server process",
                "ours": spent,
                "yardstick": least,
                "ratio": spent / least,
                "target": "",
                "unit": "s/million events",
                "met": None,
            }
        )
    return rows


def measure() -> list[dict[str, Any]]:
    """Return the rows of each case; about 35 s."""
    from llmlab_shared.migrations.run import migrate

    servers = start_servers()
    started: list[tuple[subprocess.Popen[bytes], int]] = []
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
        for kind in ("ours", "bare"):
            port = free_port()
            started.append((_start(kind, port, environment), port))
        return asyncio.run(_measure(servers, started, key))
    finally:
        for process, _ in started:
            process.terminate()
        for process, _ in started:
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
