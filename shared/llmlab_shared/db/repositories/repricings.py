"""Repricings as they are asked for and shown: rows, progress, and what they change by day and model.

The worker carries them out (`llmlab_worker.repricing`); here they are only queued and read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.domain.repricing import Kind, RepricingStatus, Selection

_COLUMNS = """
r.id, r.kind, r.dry_run, r.selection::text AS selection, r.undoes, r.reason, r.actor, r.status, r.error,
r.expected, r.seen, r.changed, r.skipped, r.created_at, r.started_at, r.finished_at,
(SELECT coalesce(sum(s.cost - s.cost_before), 0) FROM repricing_sums s
  WHERE s.repricing_id = r.id AND s.billing = 'metered') AS difference
"""
_CREATE = text("""
INSERT INTO repricings (workspace_id, kind, dry_run, selection, undoes, reason, actor)
VALUES (:workspace, :kind, :dry_run, CAST(:selection AS jsonb), :undoes, :reason, :actor) RETURNING id
""")
_FIND = text(f"SELECT {_COLUMNS} FROM repricings r WHERE r.workspace_id = :workspace AND r.id = :id")
_LIST = text(f"""
SELECT {_COLUMNS} FROM repricings r
WHERE r.workspace_id = :workspace AND (CAST(:before AS bigint) IS NULL OR r.id < :before)
ORDER BY r.id DESC LIMIT :limit
""")
_HOLD = text("SELECT id FROM repricings WHERE workspace_id = :workspace AND id = :id FOR UPDATE")
_SUMS = text("""
SELECT day, provider, model, billing, status_before, status, events, cost_before, cost
FROM repricing_sums WHERE repricing_id = :id
ORDER BY day, provider, model, billing, status_before, status
""")
_UNDONE_BY = text("""
SELECT id FROM repricings
WHERE workspace_id = :workspace AND undoes = :id AND status <> 'failed' ORDER BY id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Repricing:
    """A repricing and how far it is. `difference` is of metered spend, new less old.

    `expected` is how many events it looks through, `seen` how many it has; `changed` of them are adjusted
    (in a dry run: would be), `skipped` could not be undone because they were adjusted again since.
    """

    id: int
    kind: Kind
    dry_run: bool
    selection: Selection
    undoes: int | None
    reason: str
    actor: str
    status: RepricingStatus
    error: str | None
    expected: int | None
    seen: int
    changed: int
    skipped: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    difference: Decimal


@dataclass(frozen=True, slots=True)
class RepricedSum:
    """Events of a local day and model that went from one price status to another, and their cost."""

    day: date
    provider: str
    model: str
    billing: str
    status_before: str
    status: str
    events: int
    cost_before: Decimal
    cost: Decimal


async def create_repricing(
    connection: AsyncConnection,
    workspace_id: int,
    kind: Kind,
    *,
    actor: str,
    reason: str,
    selection: Selection | None = None,
    undoes: int | None = None,
    dry_run: bool = False,
) -> int:
    """Queue a repricing and return its id; a worker begins it when it is told to, or within a minute."""
    created: int = await connection.scalar(
        _CREATE,
        {
            "workspace": workspace_id,
            "kind": kind,
            "dry_run": dry_run,
            "selection": msgspec.json.encode(selection or Selection()).decode(),
            "undoes": undoes,
            "reason": reason,
            "actor": actor,
        },
    )
    return created


async def find_repricing(
    connection: AsyncConnection, workspace_id: int, repricing_id: int
) -> Repricing | None:
    """Return a workspace's repricing, or None when it has none of that id."""
    row = (
        (await connection.execute(_FIND, {"workspace": workspace_id, "id": repricing_id})).mappings().first()
    )
    return None if row is None else _repricing(row)


async def list_repricings(
    connection: AsyncConnection, workspace_id: int, *, limit: int, before: int | None = None
) -> list[Repricing]:
    """Return up to `limit` of a workspace's repricings, newest first, beginning below an id."""
    asked = {"workspace": workspace_id, "before": before, "limit": limit}
    return [_repricing(row) for row in (await connection.execute(_LIST, asked)).mappings()]


async def read_sums(connection: AsyncConnection, repricing_id: int) -> Sequence[RepricedSum]:
    """Return what a repricing changed so far, or would change."""
    return [RepricedSum(*row) for row in await connection.execute(_SUMS, {"id": repricing_id})]


async def hold_repricing(connection: AsyncConnection, workspace_id: int, repricing_id: int) -> None:
    """Keep everybody else who asks for this away from a repricing until the transaction ends."""
    await connection.execute(_HOLD, {"workspace": workspace_id, "id": repricing_id})


async def find_undo(connection: AsyncConnection, workspace_id: int, repricing_id: int) -> int | None:
    """Return the id of what undoes a repricing, finished or under way, or None."""
    found: int | None = await connection.scalar(_UNDONE_BY, {"workspace": workspace_id, "id": repricing_id})
    return found


def _repricing(row: Any) -> Repricing:
    return Repricing(**{**row, "selection": msgspec.json.decode(row["selection"], type=Selection)})
