"""`llmlab export` of a workspace with a million events, against a bare `COPY … TO STDOUT` of the same rows.

The events are laid down by SQL as the worker leaves them, with usage objects and tags. The API and the
command line are processes of their own; their memory is the most that the system ever counted for each.
Meanwhile single calls are reported to the same API process, 50 a second, and before that with nothing
beside them: what an export costs everybody else.
"""

import asyncio
import os
import re
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.migrations.run import migrate

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from live import LLMLAB, LiveStack
from servers import start_servers

EVENTS = 1_000_000
FORMS = ("jsonl", "csv", "focus", "parquet")
TARGET_MB = 150.0
_CALLS_A_SECOND, _QUIET_SECONDS = 50, 10
_DAYS = 28

_FILL = """
INSERT INTO cost_events (
    workspace_id, id_time, id, timestamp, received_at, api_key_id, price_id, input_tokens, output_tokens,
    cache_read_tokens, latency_ms, cost, computed_cost, provider, model, price_status, status, billing, api,
    price_rule, feature, customer, user_id, environment, session_id, trace_id, tags, usage
)
SELECT $1, at, id, at, at + interval '1 second', 1 + n % 3, 100 + n % 20, 400 + n % 3000, 100 + n % 700,
    n % 300, 200 + n % 4000, (n % 90000) * 0.000001234567, (n % 90000) * 0.000001234567,
    (ARRAY['openai', 'anthropic', 'google'])[1 + n % 3], 'model-' || n % 20, 'priced', 'ok', 'metered',
    'chat', 'exact', 'feature-' || n % 15, 'customer-' || n % 1000, 'user-' || n % 5000, 'production',
    'session-' || n / 20, md5(n::text), jsonb_build_object('plan', 'plan-' || n % 3, 'region', 'eu'),
    json_build_object('prompt_tokens', 400 + n % 3000, 'completion_tokens', 100 + n % 700,
        'prompt_tokens_details', json_build_object('cached_tokens', n % 300))
FROM (
    SELECT n, at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid AS id
    FROM generate_series($4::int, $5::int) n,
        LATERAL (SELECT date_trunc('milliseconds', $2::timestamptz + n * $3::interval) AS at) times
) made
"""
_SUM = """
INSERT INTO rollup_15m
SELECT workspace_id, date_bin('15 minutes', timestamp, '2020-01-01'), provider, model, api_key_id,
    environment, price_status, billing, count(*), 0, sum(cost), sum(input_tokens), sum(output_tokens),
    sum(cache_read_tokens), 0, 0, 0, 0, 0, 0, 0, 0
FROM cost_events WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_SUM_DAYS = """
INSERT INTO rollup_day
SELECT workspace_id, (bucket AT TIME ZONE 'UTC')::date, provider, model, api_key_id, environment,
    price_status, billing, sum(events), 0, sum(cost), sum(input_tokens), sum(output_tokens),
    sum(cache_read_tokens), 0, 0, 0, 0, 0, 0, 0, 0
FROM rollup_15m WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


async def _fill(connection: asyncpg.Connection, workspace: int) -> None:
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS)
    apart = timedelta(days=_DAYS) / EVENTS
    await Partitions().ensure(connection, [first, first + timedelta(days=_DAYS)])
    step = 100_000
    for start in range(0, EVENTS, step):
        await connection.execute(_FILL, workspace, first, apart, start, start + step - 1)
    await connection.execute(_SUM, workspace)
    await connection.execute(_SUM_DAYS, workspace)
    await connection.execute("VACUUM ANALYZE cost_events")


async def _copy(connection: asyncpg.Connection, workspace: int) -> float:
    """Return the rows a second of COPY in the order of an export, to nowhere."""

    async def nowhere(_: bytes) -> None:
        pass

    query = "SELECT * FROM cost_events WHERE workspace_id = $1 ORDER BY id_time, id"
    started = time.perf_counter()
    await connection.copy_from_query(query, workspace, output=nowhere)
    return EVENTS / (time.perf_counter() - started)


def _peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


async def _report_calls(url: str, key: str, until: asyncio.Event) -> list[float]:
    """Report single calls at a steady pace and return the milliseconds that each took."""
    took = []
    headers = {"Authorization": f"Bearer {key}"}
    call = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        while not until.is_set():
            started = time.perf_counter()
            (await client.post(f"{url}/api/events/track", json=call)).raise_for_status()
            elapsed = time.perf_counter() - started
            took.append(elapsed * 1000)
            await asyncio.sleep(max(0, 1 / _CALLS_A_SECOND - elapsed))
    return took


def _run(command: list[str], environment: dict[str, str]) -> tuple[int, resource.struct_rusage]:
    """Run a process to its end, and return its status and what the system counted for it."""
    pid = os.posix_spawn(command[0], command, environment)
    _, status, used = os.wait4(pid, 0)
    return status, used


async def _export(stack: LiveStack, key: str, form: str, folder: Path) -> dict[str, Any]:
    until = asyncio.Event()
    calls = asyncio.create_task(_report_calls(stack.url, key, until))
    started = time.perf_counter()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LLMLAB_URL": stack.url,
        "LLMLAB_API_KEY": key,
    }
    file = folder / f"calls.{form}"
    command = [str(LLMLAB), "export", str(file), "--format", form]
    status, used = await asyncio.to_thread(_run, command, environment)
    elapsed = time.perf_counter() - started
    until.set()
    assert status == 0, form
    megabytes = file.stat().st_size / 1e6
    file.unlink()
    return {
        "rate": EVENTS / elapsed,
        "client_mb": used.ru_maxrss / 1024,
        "calls": await calls,
        "megabytes": megabytes,
    }


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _row(
    name: str, ours: float, unit: str, yardstick: float | None = None, target: str = "", **more: Any
) -> Any:
    ratio = None if yardstick is None else ours / yardstick
    figures = {"ours": ours, "yardstick": yardstick, "ratio": ratio}
    return {"name": name, **figures, "target": target, "unit": unit, **more}


def _memory(name: str, peak: float) -> Any:
    return _row(name, peak, "MB", target=f"≤ {TARGET_MB:.0f} MB", met=peak <= TARGET_MB)


async def _measure(stack: LiveStack) -> list[dict[str, Any]]:
    account = {"email": "bench@example.com", "password": "correct horse battery"}
    async with httpx.AsyncClient() as client:
        made = (await client.post(f"{stack.url}/api/auth/signup", json=account)).json()
    workspace, key = int(made["user"]["workspaces"][0]["id"]), made["api_key"]
    connection = await asyncpg.connect(stack.database_url)
    await _fill(connection, workspace)
    bare = await _copy(connection, workspace)
    await connection.close()
    until = asyncio.Event()
    asyncio.get_running_loop().call_later(_QUIET_SECONDS, until.set)
    quiet = await _report_calls(stack.url, key, until)
    assert stack.api is not None
    rows, during = [], []
    for form in FORMS:
        done = await _export(stack, key, form, stack.folder)
        during += done["calls"]
        name = f"export of {EVENTS:,} events as {form}"
        size = f"{done['megabytes']:,.0f} MB"
        rows.append(_row(f"{name}, {size}", done["rate"], "rows/s", bare))
        rows.append(_memory(f"{name}: memory of the command line", done["client_mb"]))
    peak = _peak_mb(stack.api.pid)
    rows.append(_memory("exports: memory of the API", peak))
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        beside, alone = _percentile(during, share), _percentile(quiet, share)
        rows.append(_row(f"reporting a call beside an export, {label}, against alone", beside, "ms", alone))
    return rows


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table; takes some minutes."""
    with start_servers() as servers, tempfile.TemporaryDirectory() as folder:
        migrate(servers.database_url)
        stack = LiveStack(servers.database_url, servers.redis_url, Path(folder))
        try:
            stack.start_api()
            return asyncio.run(_measure(stack))
        finally:
            stack.stop()
