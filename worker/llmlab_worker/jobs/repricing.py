"""Repricings as jobs: whoever asks for one puts `reprice` on the queue; a sweeper finds what was left.

The work is done by a process of its own (`llmlab_worker.repricing`), for half a minute at a time, one in
each worker. The row in `repricings` is what counts: a job that is lost, a killed worker or an empty Redis
delay it by a sweep, and two processes at one repricing take turns.
"""

import os
import time
from typing import Any, Final

from arq import Retry
from llmlab_shared.log import get_logger

from llmlab_worker.children import run_child
from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.repricing.arrivals import are_due

_MODULE: Final = "llmlab_worker.repricing"
_SLICE_SECONDS: Final = 30
# What a slice may take longer than asked: a step, and starting.
TIMEOUT_SECONDS: Final = 90
SWEEP_SECONDS: Final = 15
_RETRY_SECONDS: Final = 3
_MORE: Final = os.EX_TEMPFAIL

_LEFT = f"""
SELECT id FROM repricings
WHERE status IN ('queued', 'running')
  AND coalesce(alive_at, created_at) < now() - interval '{SWEEP_SECONDS} seconds'
ORDER BY id LIMIT 100
"""

log = get_logger(__name__)


async def reprice(ctx: dict[str, Any], repricing_id: int) -> None:
    """Go on with a repricing for half a minute, and leave the rest to another job."""
    runtime = runtime_of(ctx)
    if runtime.repricing.locked():
        raise Retry(defer=_RETRY_SECONDS)
    async with runtime.repricing:
        code = await _run(runtime.database_url, "advance", str(repricing_id), str(_SLICE_SECONDS))
    if code == _MORE:
        await ctx["redis"].enqueue_job("reprice", repricing_id)


async def price_arrivals(ctx: dict[str, Any]) -> None:
    """When prices changed, ask for the repricing of the unpriced events that may have one now."""
    runtime = runtime_of(ctx)
    async with runtime.pool.acquire() as connection:
        due = await are_due(connection)
    if due and not runtime.arriving.locked():
        async with runtime.arriving:
            await _run(runtime.database_url, "arrivals")
    if due:
        await sweep_repricings(ctx, everything=True)


async def sweep_repricings(ctx: dict[str, Any], *, everything: bool = False) -> int:
    """Put on the queue again what nobody works on; return how many. `everything`: also what just began."""
    async with runtime_of(ctx).pool.acquire() as connection:
        left = await connection.fetch(_LEFT.replace(f"{SWEEP_SECONDS} seconds", "0") if everything else _LEFT)
    turn = int(time.time()) // SWEEP_SECONDS
    for row in left:
        # One job for each sweep, whichever worker sweeps.
        await ctx["redis"].enqueue_job("reprice", row["id"], _job_id=f"reprice:{row['id']}:{turn}")
    return len(left)


async def _run(database_url: str, *arguments: str) -> int:
    """Run the process and return its exit code; it ends with this one."""
    code = await run_child(database_url, _MODULE, *arguments)
    if code not in (0, _MORE):
        log.warning("repricing_interrupted", arguments=arguments, code=code, then="a sweep goes on with it")
    return code
