"""What the ledger needs done by the clock: partitions ahead of need, an inbox that does not grow for ever."""

from datetime import timedelta
from typing import Any

import asyncpg
from llmlab_shared.clock import now, now_us
from llmlab_shared.db.partitions import Partitions, month_of, next_month
from llmlab_shared.ids import floor_of

from llmlab_worker.jobs.context import runtime_of

_MONTHS_AHEAD = 2
# An entry waits on the stream until it is written; what is delivered twice comes within minutes.
_KEEP_INBOX = timedelta(days=30)
_AT_ONCE = 10_000

_PRUNE = """
DELETE FROM inbox WHERE entry IN (SELECT entry FROM inbox WHERE entry < $1 ORDER BY entry LIMIT $2)
"""


async def ensure_partitions(ctx: dict[str, Any]) -> None:
    """Make the partitions of this month and the next two."""
    await make_ahead(runtime_of(ctx).pool)


async def make_ahead(pool: asyncpg.Pool) -> None:
    """Do what `ensure_partitions` says, with a pool."""
    async with pool.acquire() as connection:
        month = month_of(now())
        months = [month]
        for _ in range(_MONTHS_AHEAD):
            months.append(next_month(months[-1]))
        await Partitions().ensure_months(connection, months)


async def prune_inbox(ctx: dict[str, Any]) -> int:
    """Forget entries that were received over thirty days ago; return how many."""
    return await prune(runtime_of(ctx).pool)


async def prune(pool: asyncpg.Pool) -> int:
    """Do what `prune_inbox` says, with a pool, in short transactions."""
    before = floor_of(now_us() - _KEEP_INBOX // timedelta(microseconds=1))
    total = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            deleted = int((await connection.execute(_PRUNE, before, _AT_ONCE)).split()[-1])
        total += deleted
        if deleted < _AT_ONCE:
            return total
