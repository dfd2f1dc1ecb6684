"""The workspaces that there is something to say of, some at a time and in short transactions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from llmlab_shared.db.repositories.costs import Calendar, read_snapshot
from llmlab_shared.db.repositories.notification_settings import (
    SETTING_COLUMNS,
    NotificationSettings,
    settings_of,
)
from llmlab_shared.domain.zones import local_day
from llmlab_shared.log import get_logger
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# No statement of these jobs may hold a snapshot for longer.
TIMEOUT_MS: Final = 10_000
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


async def tenants_with_spend(engine: AsyncEngine, since: date, at: datetime) -> AsyncIterator[Tenant]:
    """Yield the workspaces that had calls on or after a day, by id."""
    after = 0
    while True:
        async with read_snapshot(engine, TIMEOUT_MS) as connection:
            rows = (await connection.execute(_WITH_SPEND, {"after": after, "since": since})).mappings().all()
        for row in rows:
            calendar = Calendar(ZoneInfo(row["timezone"]), row["tag_dimensions"], at)
            yield Tenant(row["id"], calendar, settings_of(row))
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]["id"]
