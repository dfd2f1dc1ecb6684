"""Reading the audit log of a workspace."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ENTRIES = """
SELECT a.id, a.at, a.actor, u.email AS actor_email, a.action, a.target, a.details::text AS details
FROM audit_log a
LEFT JOIN users u ON u.id = CASE WHEN a.actor ~ '^user:[0-9]{{1,18}}$' THEN substr(a.actor, 6)::bigint END
WHERE a.workspace_id = :workspace {behind} ORDER BY a.at DESC, a.id DESC LIMIT :limit
"""


class AuditRow(NamedTuple):
    """One act; `details` is JSON."""

    id: int
    at: datetime
    actor: str
    actor_email: str | None
    action: str
    target: str
    details: str


async def list_entries(
    connection: AsyncConnection, workspace_id: int, *, before: tuple[datetime, int] | None, limit: int
) -> list[AuditRow]:
    """Return up to `limit` acts in a workspace, the last first, beginning before a place (time, id)."""
    asked: dict[str, object] = {"workspace": workspace_id, "limit": limit}
    behind = ""
    if before is not None:
        behind = "AND (a.at, a.id) < (:at, :id)"
        asked |= {"at": before[0], "id": before[1]}
    rows = await connection.execute(text(_ENTRIES.format(behind=behind)), asked)
    return [AuditRow(*row) for row in rows]
