"""Repricings as they are asked for and shown: rows, progress, and what they change by day and model.

The worker carries them out (`llmlab_worker.repricing`); here they are only queued and read.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.repricing import Kind, RepricingStatus, Selection

MAX_CHANGES: Final = 1000

_COLUMNS = """
r.id, r.kind, r.dry_run, r.selection::text AS selection, r.undoes, r.reason, r.actor, r.status, r.error,
r.expected, r.seen, r.changed, r.skipped, r.created_at, r.started_at, r.finished_at, r.difference
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
# The models that change most are told apart, what is left of them is one row.
_CHANGES = """
WITH summed AS (
    SELECT {columns}, sum(events)::bigint AS events,
        coalesce(sum(cost_before) FILTER (WHERE billing = 'metered'), 0) AS cost_before,
        coalesce(sum(cost) FILTER (WHERE billing = 'metered'), 0) AS cost
    FROM repricing_sums WHERE repricing_id = :id GROUP BY {columns}
), ranked AS (
    SELECT *, row_number() OVER (ORDER BY abs(cost - cost_before) DESC, events DESC, {columns}) AS place
    FROM summed
)
SELECT {shown}, sum(events)::bigint, sum(cost_before), sum(cost)
FROM ranked GROUP BY {places} ORDER BY {places}
"""
_OPEN = text("""
SELECT count(*) FROM repricings WHERE workspace_id = :workspace AND status IN ('queued', 'running')
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


By = Literal["model", "day", "status"]
_COLUMNS_OF: Final[dict[By, tuple[str, ...]]] = {
    "model": ("provider", "model"),
    "day": ("day",),
    "status": ("status_before", "status"),
}


@dataclass(frozen=True, slots=True)
class RepricedSum:
    """Events that a repricing changes and their metered cost before and after, by `keys`."""

    keys: tuple[Any, ...]
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


async def read_changes(connection: AsyncConnection, repricing_id: int, by: By) -> list[RepricedSum]:
    """Return what a repricing changed so far, or would change, in the order of what it is told by.

    Of models the `MAX_CHANGES` that change most are told apart; the others are `(other)`.
    """
    columns = _COLUMNS_OF[by]
    shown = [f"CASE WHEN place <= {MAX_CHANGES} THEN {name} ELSE '{OTHER}' END" for name in columns]
    statement = _CHANGES.format(
        columns=", ".join(columns),
        shown=", ".join(shown if by == "model" else columns),
        places=", ".join(str(place) for place in range(1, len(columns) + 1)),
    )
    rows = await connection.execute(text(statement), {"id": repricing_id})
    return [RepricedSum(tuple(row[: len(columns)]), *row[len(columns) :]) for row in rows]


async def count_open(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many of a workspace's repricings are not finished."""
    count: int = await connection.scalar(_OPEN, {"workspace": workspace_id})
    return count


async def hold_repricing(connection: AsyncConnection, workspace_id: int, repricing_id: int) -> None:
    """Keep everybody else who asks for this away from a repricing until the transaction ends."""
    await connection.execute(_HOLD, {"workspace": workspace_id, "id": repricing_id})


async def find_undo(connection: AsyncConnection, workspace_id: int, repricing_id: int) -> int | None:
    """Return the id of what undoes a repricing, finished or under way, or None."""
    found: int | None = await connection.scalar(_UNDONE_BY, {"workspace": workspace_id, "id": repricing_id})
    return found


def _repricing(row: Any) -> Repricing:
    return Repricing(**{**row, "selection": msgspec.json.decode(row["selection"], type=Selection)})
