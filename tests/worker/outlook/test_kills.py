"""The process that looks ahead and back, killed at any moment: nothing is told twice, nothing is left out."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

from ledger import Ledger
from llmlab_worker.outlook.anomalies import find_anomalies
from sqlalchemy.ext.asyncio import AsyncEngine

WORKSPACES = 60
# Each has seven weeks of thirty dollars a day, and ten times as much today.
_FILL = """
INSERT INTO rollup_day
SELECT w.id, $1::date - age, 'openai', 'gpt-4', 1, '', 'priced', 'metered', 10, 0,
    CASE age WHEN 0 THEN 300 ELSE 30 END, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM workspaces w, generate_series(0, 49) age
"""


async def test_a_killed_run_is_finished_by_the_next(
    ledger: Ledger, engine: AsyncEngine, database_url: str
) -> None:
    await ledger.pool.execute(
        "INSERT INTO workspaces (name) SELECT n FROM generate_series(1, $1) n", WORKSPACES
    )
    await ledger.pool.execute(_FILL, datetime.now(UTC).date())

    async def told() -> int:
        return await ledger.count("outbox")

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "llmlab_worker.outlook",
        "anomalies",
        stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"LLMLAB_DATABASE_URL": database_url},
    )
    async with asyncio.timeout(60):
        while await told() < 2:
            await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    before = await told()
    assert 2 <= before < WORKSPACES, "it was killed in the midst"
    assert before + await find_anomalies(engine, datetime.now(UTC)) == WORKSPACES
    assert await ledger.pool.fetchval("SELECT count(DISTINCT workspace_id) FROM outbox") == WORKSPACES


async def test_a_run_ends_with_the_worker_that_started_it() -> None:
    asked = asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "llmlab_worker.outlook",
            "reports",
            stdin=asyncio.subprocess.PIPE,
            env=os.environ | {"LLMLAB_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/none"},
        )
        async with asyncio.timeout(60):
            await asked.wait()
        assert process.stdin is not None
        process.stdin.close()
        # It waits for the database no longer, whose patience is three seconds.
        async with asyncio.timeout(30):
            assert await process.wait() == os.EX_TEMPFAIL
