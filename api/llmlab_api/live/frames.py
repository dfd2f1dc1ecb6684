"""Frames of a `text/event-stream`, and stored events as such frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from llmlab_shared.clock import from_us
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.db.repositories.events_read import Place
from llmlab_shared.db.repositories.live_read import BRIEF, read_brief
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.money import to_wire
from llmlab_shared.queue.live import Position, StoredBatch

from llmlab_api.services import Services

TIMEOUT_MS = 5_000
# How long a client is to wait before it comes back, in milliseconds.
RETRY = b"retry: 1000\n\n"
_RENAMED = {"api_key_id": "api_key", "user_id": "user"}
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Told:
    """One event: where it stands in the stream, what filters look at, and its frame."""

    position: Position
    event: Mapping[str, Any]
    frame: bytes


def frame(kind: str, position: Position, data: Any) -> bytes:
    """Return one frame; JSON has no line breaks, so it is one line."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (
        kind.encode(),
        str(position).encode(),
        _encoder.encode(data),
    )


async def read_told(
    services: Services, workspace_id: int, batches: Sequence[StoredBatch]
) -> list[tuple[StoredBatch, list[Told]]]:
    """Return the events of these batches as they hold now; one that is no longer there is left out."""
    places = [Place(from_us(e.id_time_us), UUID(bytes=e.id)) for batch in batches for e in batch.events]
    rows: Mapping[UUID, dict[str, Any]] = {}
    if places:
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            rows = await read_brief(connection, workspace_id, places)
    return [(batch, list(_told(batch, rows))) for batch in batches]


def _told(batch: StoredBatch, rows: Mapping[UUID, dict[str, Any]]) -> list[Told]:
    told = []
    for index, place in enumerate(batch.events):
        row = rows.get(UUID(bytes=place.id))
        if row is not None:
            position = batch.position._replace(event=index)
            event = _wire(row)
            told.append(Told(position, event, frame("event", position, event)))
    return told


def _wire(row: Mapping[str, Any]) -> dict[str, Any]:
    event = {_RENAMED.get(name, name): row[name] for name in BRIEF}
    event["cost"] = None if row["cost"] is None else to_wire(row["cost"])
    event["tags"] = None if row["tags"] is None else msgspec.json.decode(row["tags"])
    return event


def matches(event: Mapping[str, Any], filters: Mapping[str, Sequence[str]]) -> bool:
    """Say whether an event fits filters as `GET /api/costs` understands them: `''` is "without"."""
    for name, values in filters.items():
        held = (event["tags"] or {}).get(name.removeprefix(TAG)) if name.startswith(TAG) else event[name]
        if ("" if held is None else str(held)) not in values:
            return False
    return True
