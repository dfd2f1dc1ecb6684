"""Reading single cost events as they hold now: pages of them, newest first, and one by its id."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import DERIVED, adjusted
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.ranges import Span
from llmlab_shared.ids import time_in

_NOT_NULL = ("provider", "model", "price_status", "status")
# As text, so that what a client sent reaches readers verbatim.
_JSON = ("units", "tags", "usage", "metadata")
_PLAIN = (
    "id",
    "id_time",
    "timestamp",
    "received_at",
    "provider",
    "model",
    "api",
    "api_key_id",
    *DERIVED,
    "service_tier",
    "processing",
    "region",
    "response_id",
    "billing",
    "status",
    "latency_ms",
    "input_chars",
    "output_chars",
    "output_chunks",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "environment",
    "release",
    "session_id",
    "trace_id",
    "span_id",
    "parent_span_id",
    "process_id",
    "seq",
)
# What an adjusted event was when it was written; null of one that never was adjusted.
_ORIGINAL = ("original_cost", "original_price_status", "original_price_id")
COLUMNS = ", ".join([*_PLAIN, *(f"{name}::text AS {name}" for name in _JSON), "adjusted", *_ORIGINAL])
EVENTS = adjusted(
    ("workspace_id", *_PLAIN, *_JSON),
    more="a.number IS NOT NULL AS adjusted, e.cost AS original_cost, "
    "e.price_status AS original_price_status, e.price_id AS original_price_id",
)
_ADJUSTMENTS = text("""
SELECT a.number, a.repricing_id AS repricing, r.kind, r.reason, r.actor, a.adjusted_at, a.status_before,
       a.price_status, a.cost_before, a.cost, a.price_id, a.price_rule
FROM adjustments a JOIN repricings r ON r.id = a.repricing_id
WHERE a.workspace_id = :workspace AND a.id_time = :id_time AND a.id = :id ORDER BY a.number
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in the order of pages."""

    id_time: datetime
    id: UUID


def event_columns(names: Iterable[str], bind: Callable[[str], str]) -> dict[str, str]:
    """Return the SQL of dimensions as the events hold them, `''` for absent; `bind` makes parameters."""
    columns = {}
    for name in names:
        if name.startswith(TAG):
            columns[name] = f"coalesce(tags ->> {bind(name.removeprefix(TAG))}, '')"
        elif name == "api_key":
            columns[name] = "api_key_id::text"
        elif name in _NOT_NULL:
            columns[name] = name
        else:
            columns[name] = f"coalesce({'user_id' if name == 'user' else name}, '')"
    return columns


def failed_only(filters: Mapping[str, Sequence[str]]) -> str:
    """Return the condition by which calls that failed are found without the others; empty for all calls."""
    return "status <> 'ok'" if "status" in filters and "ok" not in filters["status"] else ""


def matching(
    workspace_id: int, span: Span, filters: Mapping[str, Sequence[str]]
) -> tuple[list[str], dict[str, Any]]:
    """Return the conditions for the events of a span that pass the filters, and their parameters."""
    parameters: dict[str, Any] = {
        "workspace": workspace_id,
        "start": span.start,
        "end": span.end,
        "early": span.start - MAX_ID_SKEW,
        "late": span.end + MAX_ID_SKEW,
    }

    def bind(value: str | list[str]) -> str:
        name = f"p{len(parameters)}"
        parameters[name] = value
        return f"CAST(:{name} AS text{'[]' if isinstance(value, list) else ''})"

    conditions = [
        "workspace_id = :workspace",
        "id_time BETWEEN :early AND :late",
        "timestamp >= :start",
        "timestamp < :end",
    ]
    if failed := failed_only(filters):
        conditions.append(failed)
    for name, column in event_columns(filters, bind).items():
        conditions.append(f"{column} = ANY ({bind(list(filters[name]))})")
    return conditions, parameters


async def list_events(
    connection: AsyncConnection,
    workspace_id: int,
    span: Span,
    filters: Mapping[str, Sequence[str]],
    *,
    limit: int,
    after: Place | None,
) -> list[dict[str, Any]]:
    """Return up to `limit` events of a span, newest id first, beginning after a place."""
    conditions, parameters = matching(workspace_id, span, filters)
    parameters["limit"] = limit
    if after is not None:
        parameters |= {"id_time": after.id_time, "id": after.id}
        # Said twice: partitions are chosen by the first, the place within one by the second.
        conditions += ["id_time <= :id_time", "(id_time, id) < (:id_time, :id)"]
    statement = (
        f"SELECT {COLUMNS} FROM {EVENTS} events WHERE {' AND '.join(conditions)} "
        "ORDER BY id_time DESC, id DESC LIMIT :limit"
    )
    return [dict(row) for row in (await connection.execute(text(statement), parameters)).mappings()]


async def find_event(
    connection: AsyncConnection, workspace_id: int, identifier: UUID
) -> dict[str, Any] | None:
    """Return an event by its id, or None when the workspace has none of that id."""
    place: dict[str, Any] = {"workspace": workspace_id, "id": identifier, "id_time": time_in(identifier)}
    if place["id_time"] is None:
        place["id_time"] = await connection.scalar(
            text("SELECT id_time FROM event_ids WHERE workspace_id = :workspace AND id = :id"),
            {"workspace": workspace_id, "id": identifier},
        )
        if place["id_time"] is None:
            return None
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM {EVENTS} events "
            "WHERE workspace_id = :workspace AND id_time = :id_time AND id = :id"
        ),
        place,
    )
    row = rows.mappings().first()
    return None if row is None else dict(row)


async def list_adjustments(
    connection: AsyncConnection, workspace_id: int, place: Place
) -> list[dict[str, Any]]:
    """Return how an event was adjusted, in order, each with who did it and why."""
    asked = {"workspace": workspace_id, "id_time": place.id_time, "id": place.id}
    return [dict(row) for row in (await connection.execute(_ADJUSTMENTS, asked)).mappings()]
