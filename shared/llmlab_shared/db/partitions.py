"""The monthly partitions of the ledger: made ahead of need, beside running transactions.

`CREATE TABLE … PARTITION OF` would wait for every open transaction that touches the ledger and make
all others wait behind it. A table made apart and attached takes only a lock that inserts and reads
do not mind; its check constraint saves the scan. This never happens inside a spend transaction.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime

import asyncpg

from llmlab_shared.log import get_logger

PARTITION_LOCK = 0x6C6C6D0002
# How long an attempt waits for its locks, and how often it is made before the caller hears of it.
_LOCK_TIMEOUT = "2s"
_ATTEMPTS = 10
_PAUSE = 0.2

_ATTACHED = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'cost_events'::regclass AND NOT i.inhdetachpending
"""

log = get_logger(__name__)


def month_of(instant: datetime) -> date:
    """Return the first day of the UTC month of an instant."""
    return instant.astimezone(UTC).date().replace(day=1)


def partition_name(month: date) -> str:
    """Return the name of a month's partition."""
    return f"cost_events_{month:%Y_%m}"


def next_month(month: date) -> date:
    """Return the first day of the following month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


class Partitions:
    """Knows which months have a partition and makes those that are missing; one for each process."""

    def __init__(self) -> None:
        self._known: set[date] = set()

    async def ensure(self, connection: asyncpg.Connection, instants: Iterable[datetime]) -> None:
        """Make sure that the months of these instants have a partition.

        The connection is not in a transaction. Raises what the database raises when it cannot be done
        within some twenty seconds.
        """
        await self.ensure_months(connection, {month_of(instant) for instant in instants})

    async def ensure_months(self, connection: asyncpg.Connection, months: Iterable[date]) -> None:
        """Make sure that these months (their first days) have a partition; like `ensure` otherwise."""
        for month in sorted(set(months) - self._known):
            await _make(connection, month)
            self._known.add(month)

    def forget(self) -> None:
        """Know no month any more: one was dropped behind this process' back."""
        self._known.clear()


async def list_months(connection: asyncpg.Connection) -> list[date]:
    """Return the months that have a partition, in order."""
    names = [row["relname"] for row in await connection.fetch(_ATTACHED)]
    return sorted(date(int(name[-7:-3]), int(name[-2:]), 1) for name in names)


async def _make(connection: asyncpg.Connection, month: date) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await _attach(connection, month)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            log.info("partition_waits", month=f"{month:%Y-%m}", attempt=attempt, reason=str(error))
            if attempt == _ATTEMPTS:
                raise
            await asyncio.sleep(_PAUSE * attempt)
        else:
            return


async def _attach(connection: asyncpg.Connection, month: date) -> None:
    name, upper = partition_name(month), next_month(month)
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        await connection.execute(f"SELECT pg_advisory_xact_lock({PARTITION_LOCK})")
        if name in {row["relname"] for row in await connection.fetch(_ATTACHED)}:
            return
        inside = f"id_time >= '{month} 00:00:00+00' AND id_time < '{upper} 00:00:00+00'"
        await connection.execute(f"CREATE TABLE {name} (LIKE cost_events INCLUDING ALL)")
        await connection.execute(f"ALTER TABLE {name} ADD CONSTRAINT {name}_month CHECK ({inside})")
        await connection.execute(
            f"ALTER TABLE cost_events ATTACH PARTITION {name} "
            f"FOR VALUES FROM ('{month} 00:00:00+00') TO ('{upper} 00:00:00+00')"
        )
        # It has served: the partition bound says the same.
        await connection.execute(f"ALTER TABLE {name} DROP CONSTRAINT {name}_month")
    log.info("partition_made", month=f"{month:%Y-%m}")
