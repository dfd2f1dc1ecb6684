"""A workspace's own settings, and asking for its days to be rebuilt."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.zones import local_day

_DAY = timedelta(days=1)

_READ = """
SELECT w.id, w.name, w.timezone, w.tag_dimensions, w.budget_alert_threshold, w.created_at,
    r.since, r.first_day, r.next_day, r.last_day
FROM workspaces w LEFT JOIN calendar_rebuilds r ON r.workspace_id = w.id WHERE w.id = :id
"""
_CHANGE = text(
    "UPDATE workspaces SET name = :name, timezone = :timezone, tag_dimensions = CAST(:tags AS text[]) "
    "WHERE id = :id"
)
_EDGES = text("""
SELECT (SELECT min(bucket) FROM rollup_15m WHERE workspace_id = :id),
    (SELECT max(bucket) FROM rollup_15m WHERE workspace_id = :id),
    (SELECT min(day) FROM rollup_day WHERE workspace_id = :id),
    (SELECT max(day) FROM rollup_day WHERE workspace_id = :id)
""")
# What a rebuild under way had found stays part of it.
_REBUILD = text("""
INSERT INTO calendar_rebuilds AS r (workspace_id, first_day, next_day, last_day)
VALUES (:id, :first, :first, :last)
ON CONFLICT (workspace_id) DO UPDATE SET revision = r.revision + 1, since = now(),
    first_day = least(r.first_day, EXCLUDED.first_day), next_day = least(r.first_day, EXCLUDED.first_day),
    last_day = greatest(r.last_day, EXCLUDED.last_day)
""")
_TAG_BUDGETS = text(
    "SELECT id, scope::text AS scope FROM budgets WHERE workspace_id = :id AND scope::text LIKE '%\"tag.%' "
    "ORDER BY id"
)


class Rebuild(NamedTuple):
    """How far a rebuild is, in days."""

    since: datetime
    done: int
    total: int


class WorkspaceRow(NamedTuple):
    """A workspace; `rebuild` is None unless its days are being rebuilt."""

    id: int
    name: str
    timezone: str
    tags: Sequence[str]
    budget_alert_threshold: Decimal
    created_at: datetime
    rebuild: Rebuild | None


async def read_workspace(
    connection: AsyncConnection, workspace_id: int, *, lock: bool = False
) -> WorkspaceRow:
    """Return a workspace, which is there; `lock` keeps others from changing it until the transaction ends."""
    statement = _READ + (" FOR UPDATE OF w" if lock else "")
    row = (await connection.execute(text(statement), {"id": workspace_id})).one()
    rebuild = None
    if row.since is not None:
        done, total = (row.next_day - row.first_day).days, (row.last_day - row.first_day).days + 1
        rebuild = Rebuild(row.since, done, total)
    return WorkspaceRow(
        row.id,
        row.name,
        row.timezone,
        row.tag_dimensions,
        row.budget_alert_threshold,
        row.created_at,
        rebuild,
    )


async def change_workspace(connection: AsyncConnection, changed: WorkspaceRow) -> None:
    """Write name, zone and tags."""
    await connection.execute(
        _CHANGE,
        {
            "id": changed.id,
            "name": changed.name,
            "timezone": changed.timezone,
            "tags": list(changed.tags),
        },
    )


async def ask_for_rebuild(connection: AsyncConnection, workspace_id: int, zone: ZoneInfo) -> bool:
    """Say that the days are to be rebuilt in a zone, and return whether there are any.

    The caller has entered a change of budgets, so that no spend is on its way with the old days.
    """
    since, until, first_day, last_day = (await connection.execute(_EDGES, {"id": workspace_id})).one()
    if since is None:
        return False
    first: date = min(filter(None, [local_day(since, zone), first_day]))
    last: date = max(filter(None, [local_day(until, zone), last_day]))
    asked: Mapping[str, Any] = {"id": workspace_id, "first": first - _DAY, "last": last + _DAY}
    await connection.execute(_REBUILD, asked)
    return True


async def tags_of_budgets(connection: AsyncConnection, workspace_id: int) -> dict[str, int]:
    """Return the tag keys that budgets count by, each with the id of one of those budgets."""
    found: dict[str, int] = {}
    for budget_id, scope in await connection.execute(_TAG_BUDGETS, {"id": workspace_id}):
        for name in json.loads(scope):
            if name.startswith(TAG):
                found.setdefault(name.removeprefix(TAG), budget_id)
    return found
