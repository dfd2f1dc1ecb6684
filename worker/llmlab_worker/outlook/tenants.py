"""The workspaces that there is something to say of, some at a time and in short transactions.

What goes wrong with one of them is told to the operator and keeps no other from being looked at.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from llmlab_shared.db.repositories.costs import Calendar, read_calendar, read_snapshot
from llmlab_shared.db.repositories.notification_settings import (
    SETTING_COLUMNS,
    NotificationSettings,
    settings_of,
)
from llmlab_shared.domain.zones import local_day
from llmlab_shared.log import get_logger
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# No statement of these jobs may hold a snapshot for longer.
_TIMEOUT_MS: Final = 10_000
_AT_ONCE: Final = 100

_WITH_SPEND = text(f"""
SELECT w.id, w.timezone, w.tag_dimensions, {SETTING_COLUMNS}
FROM workspaces w LEFT JOIN notification_settings s ON s.workspace_id = w.id
WHERE w.id > :after AND EXISTS (SELECT FROM rollup_day r WHERE r.workspace_id = w.id AND r.day >= :since)
ORDER BY w.id LIMIT {_AT_ONCE}
""")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace as these jobs see it; `calendar.as_of` is the moment that they look at it as of."""

    id: int
    calendar: Calendar
    settings: NotificationSettings

    @property
    def today(self) -> date:
        """Return the local day of that moment."""
        return local_day(self.calendar.as_of, self.calendar.zone)


class DaysChanged(Exception):
    """The zone or the tags of a workspace are others by now, or its days are still being rebuilt for them."""


class SomeFailed(Exception):
    """Some workspaces could not be looked at; `made` is how many messages all others had."""

    def __init__(self, failed: int, made: int) -> None:
        super().__init__(f"{failed} workspaces could not be looked at")
        self.failed = failed
        self.made = made


async def for_each_tenant(
    engine: AsyncEngine, since: date, at: datetime, look: Callable[[Tenant], Awaitable[int]]
) -> int:
    """Look at every workspace that had calls on or after a day, by id; return how many messages that made.

    One whose days change is told of when they are right again. Raises `SomeFailed` at the end.
    """
    made = failed = 0
    async for row in _with_spend(engine, since):
        try:
            made += await look(_tenant(row, at))
        except DaysChanged:
            continue
        except Exception as error:
            failed += 1
            log.error("workspace_not_looked_at", workspace=row["id"], exc_info=error)
    if failed:
        raise SomeFailed(failed, made)
    return made


@asynccontextmanager
async def looking_at(engine: AsyncEngine, tenant: Tenant) -> AsyncIterator[AsyncConnection]:
    """Yield a snapshot in which the workspace's days are those of its calendar; else raise `DaysChanged`."""
    async with read_snapshot(engine, _TIMEOUT_MS) as connection:
        calendar = await read_calendar(connection, tenant.id)
        if replace(calendar, as_of=tenant.calendar.as_of) != tenant.calendar:
            raise DaysChanged
        yield connection


def _tenant(row: RowMapping, at: datetime) -> Tenant:
    calendar = Calendar(ZoneInfo(row["timezone"]), row["tag_dimensions"], at)
    return Tenant(row["id"], calendar, settings_of(row))


async def _with_spend(engine: AsyncEngine, since: date) -> AsyncIterator[RowMapping]:
    after = 0
    while True:
        async with read_snapshot(engine, _TIMEOUT_MS) as connection:
            rows = (await connection.execute(_WITH_SPEND, {"after": after, "since": since})).mappings().all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]["id"]
