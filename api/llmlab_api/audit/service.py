"""Answering `GET /api/audit`."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from llmlab_shared.db.repositories.audit import AuditRow, list_entries
from llmlab_shared.db.repositories.costs import read_snapshot

from llmlab_api.cursors import read_cursor, write_cursor
from llmlab_api.services import Services

TIMEOUT_MS: Final = 5_000
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


async def list_page(services: Services, workspace_id: int, *, cursor: str | None, limit: int) -> bytes:
    """Return a page of a workspace's audit log as JSON, the last entries first."""
    before = None if cursor is None else read_cursor(cursor, tuple[_Instant, _Id])
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rows = await list_entries(connection, workspace_id, before=before, limit=limit + 1)
    page = rows[:limit]
    more = write_cursor((page[-1].at, page[-1].id)) if len(rows) > limit else None
    return msgspec.json.encode({"entries": [_on_wire(row) for row in page], "next_cursor": more})


def _on_wire(row: AuditRow) -> dict[str, Any]:
    return {**row._asdict(), "details": msgspec.Raw(row.details.encode())}
