"""Reading the events of a repricing in the order of their keys, so many at a time.

A window is bounded by what it looks through, not by what it finds: where few events of many are meant,
no step takes longer than another.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from llmlab_shared.clock import now
from llmlab_shared.db.adjusted import DERIVED, EACH
from llmlab_shared.domain.events import EARLIEST, MAX_AHEAD, STORED_ID_SKEW
from llmlab_shared.domain.repricing import Kind, Selection
from llmlab_shared.ids import time_in

from llmlab_worker.repricing import changes, recompute

# Events looked through in a step: some tenths of a second, and a few megabytes with their usage objects.
WINDOW: Final = 2000
_FIRST = UUID(int=0)


class Place(NamedTuple):
    """A place in the order of events, behind one of them."""

    id_time: datetime
    id: UUID


class Window(NamedTuple):
    """Events as they were written and as they hold now; `last` is where to go on, None at the end.

    `seen` events were looked through. Rows have the events' columns, `number` of their last adjustment, and
    their states under `was_…` and `now_…`; of an undo also `then_…`, the state to return to (None where the
    event was adjusted again since).
    """

    rows: list[Any]
    seen: int
    last: Place | None


def _states(prefix: str, adjustment: str) -> list[str]:
    columns = [
        f"CASE WHEN {adjustment}.number IS NULL THEN e.{name} ELSE {adjustment}.{name} END AS {prefix}{name}"
        for name in DERIVED
    ]
    return [*columns, f"coalesce({adjustment}.stated, false) AS {prefix}stated"]


_PLAIN = dict.fromkeys((*changes.EVENT_COLUMNS, *recompute.EVENT_COLUMNS))
_COLUMNS = ", ".join(
    [
        *(f"e.{name}::text" if name in ("units", "usage", "tags") else f"e.{name}" for name in _PLAIN),
        *(f"e.{name} AS was_{name}" for name in DERIVED),
        "false AS was_stated",
        "a.number",
        *_states("now_", "a"),
    ]
)
_BOUNDS = "e.workspace_id = $1 AND e.id_time >= $2 AND e.id_time <= $3"
_BEHIND = f"{_BOUNDS} AND (e.id_time, e.id) > ($2, $4)"
_END = f"""
SELECT e.id_time, e.id FROM cost_events e WHERE {_BEHIND} ORDER BY e.id_time, e.id OFFSET {WINDOW - 1} LIMIT 1
"""
_REST = f"SELECT count(*) FROM cost_events e WHERE {_BEHIND}"
_STATUS = "CASE WHEN a.number IS NULL THEN e.price_status ELSE a.price_status END"
_SELECTED = f"""
($6::timestamptz IS NULL OR e.timestamp >= $6) AND ($7::timestamptz IS NULL OR e.timestamp < $7)
AND ($8::text IS NULL OR e.provider = $8) AND ($9::text[] IS NULL OR e.model = ANY ($9))
AND ($10::text[] IS NULL OR {_STATUS} = ANY ($10))
AND (NOT $11 OR a.number IS NULL)
"""
_EVENTS = f"""
SELECT {_COLUMNS} FROM cost_events e LEFT JOIN {EACH}
WHERE {_BEHIND} AND (e.id_time, e.id) <= ($3, $5) AND {_SELECTED} ORDER BY e.id_time, e.id
"""
_PLACES = """
SELECT id, id_time FROM event_ids WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
"""
_NAMED = f"""
SELECT {_COLUMNS} FROM unnest($1::timestamptz[], $2::uuid[]) AS named(id_time, id)
JOIN cost_events e ON e.workspace_id = $3 AND e.id_time = named.id_time AND e.id = named.id LEFT JOIN {EACH}
WHERE $4::text[] IS NULL OR {_STATUS} = ANY ($4) ORDER BY e.id_time, e.id
"""
_UNDONE = f"""
SELECT {_COLUMNS}, a.number = u.number AS last, {", ".join(_states("then_", "p"))}
FROM adjustments u
JOIN cost_events e ON e.workspace_id = u.workspace_id AND e.id_time = u.id_time AND e.id = u.id
JOIN {EACH}
LEFT JOIN adjustments p
    ON p.workspace_id = u.workspace_id AND p.id_time = u.id_time AND p.id = u.id AND p.number = u.number - 1
WHERE u.repricing_id = $1 AND u.id_time >= $2 AND (u.id_time, u.id) > ($2, $3)
ORDER BY u.id_time, u.id LIMIT {WINDOW}
"""


async def read_window(
    connection: asyncpg.Connection, workspace_id: int, kind: Kind, selection: Selection, after: Place | None
) -> Window:
    """Return the next events of a selection behind a place, or the first."""
    if selection.ids:
        rows = await _read_named(connection, workspace_id, selection)
        return Window(rows, len(selection.ids), None)
    first, last = _bounds(selection)
    begin = after or Place(first, _FIRST)
    end = await connection.fetchrow(_END, workspace_id, begin.id_time, last, begin.id)
    upper = Place(*end) if end is not None else Place(last, UUID(int=2**128 - 1))
    seen = WINDOW
    if end is None:
        seen = await connection.fetchval(_REST, workspace_id, begin.id_time, last, begin.id)
    rows = await connection.fetch(
        _EVENTS,
        workspace_id,
        begin.id_time,
        upper.id_time,
        begin.id,
        upper.id,
        selection.since,
        selection.until,
        selection.provider,
        list(selection.model) or None,
        list(selection.price_status) or None,
        # What was undone is not done again by itself.
        kind == "unpriced",
    )
    return Window(rows, seen, None if end is None else upper)


async def read_undone(connection: asyncpg.Connection, repricing_id: int, after: Place | None) -> Window:
    """Return the next events that a repricing adjusted, behind a place, or the first."""
    begin = after or Place(EARLIEST - STORED_ID_SKEW, _FIRST)
    rows = await connection.fetch(_UNDONE, repricing_id, *begin)
    last = Place(rows[-1]["id_time"], rows[-1]["id"]) if len(rows) == WINDOW else None
    return Window(rows, len(rows), last)


async def count_events(connection: asyncpg.Connection, workspace_id: int, selection: Selection) -> int:
    """Return how many events a repricing has to look through."""
    if selection.ids:
        return len(selection.ids)
    first, last = _bounds(selection)
    counted: int = await connection.fetchval(
        f"SELECT count(*) FROM cost_events e WHERE {_BOUNDS}", workspace_id, first, last
    )
    return counted


async def count_undone(connection: asyncpg.Connection, repricing_id: int) -> int:
    """Return how many adjustments a repricing made."""
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM adjustments WHERE repricing_id = $1", repricing_id
    )
    return counted


def _bounds(selection: Selection) -> tuple[datetime, datetime]:
    since = selection.since or EARLIEST
    until = selection.until or now() + MAX_AHEAD
    return since - STORED_ID_SKEW, until + STORED_ID_SKEW


async def _read_named(connection: asyncpg.Connection, workspace_id: int, selection: Selection) -> list[Any]:
    places = {identifier: time_in(identifier) for identifier in selection.ids}
    timeless = [identifier for identifier, at in places.items() if at is None]
    if timeless:
        places |= {
            row["id"]: row["id_time"] for row in await connection.fetch(_PLACES, workspace_id, timeless)
        }
    known = sorted((at, identifier) for identifier, at in places.items() if at is not None)
    return list(
        await connection.fetch(
            _NAMED,
            [at for at, _ in known],
            [identifier for _, identifier in known],
            workspace_id,
            list(selection.price_status) or None,
        )
    )
