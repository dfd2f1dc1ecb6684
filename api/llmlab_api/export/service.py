"""Answering `GET /api/costs/export`: what it covers, how many rows to expect, and the rows in short steps."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from llmlab_shared.db.outage import is_outage
from llmlab_shared.db.repositories.costs import (
    COSTED,
    Calendar,
    TooManyEvents,
    read_calendar,
    read_groups,
    read_snapshot,
)
from llmlab_shared.db.repositories.events_read import Place, find_event
from llmlab_shared.db.repositories.events_walk import EventWalk
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.ranges import Span
from llmlab_shared.log import get_logger
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.events import read_event_id
from llmlab_api.costs.query import Query
from llmlab_api.costs.service import find_facts, find_span
from llmlab_api.costs.stores import OtherAmongEvents
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.errors import Problem, invalid
from llmlab_api.export.formats import FORMATS, Format, Writer, writer_of
from llmlab_api.outage import BrokenOff
from llmlab_api.services import Services

log = get_logger(__name__)

TIMEOUT_MS = 10_000
# Of counting, which an export can do without.
_COUNT_TIMEOUT_MS = 3_000
# Events written at once, a millisecond or two; then others have their turn on the loop.
_SLICE = 50

ROWS, WITHOUT_COST = "X-LLMLab-Rows", "X-LLMLab-Rows-Without-Cost"
FROM, TO = "X-LLMLab-From", "X-LLMLab-To"


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is ready to be sent: its headers, and its bytes as they come."""

    media_type: str
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


async def open_export(services: Services, workspace_id: int, query: Query) -> Export:
    """Return the export that a query asks for; raise the Problem that says what to mend."""
    form = _format(query.plain.get("format", "jsonl"))
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        calendar = await read_calendar(connection, workspace_id)
        span = find_span(query, calendar)
        after = await _place(connection, workspace_id, query.plain.get("after"))
        workspace = await connection.scalar(_WORKSPACE, {"id": workspace_id})
    counts = await _count(services, Question(workspace_id, span, query.filters), calendar)
    writer = writer_of(
        form, declared_tags=calendar.declared_tags, workspace_id=workspace_id, workspace=str(workspace)
    )
    walk = EventWalk(workspace_id, span, _filters(form, query.filters), after)
    return Export(form.media_type, _headers(form, span, counts), _chunks(services, walk, writer))


_WORKSPACE = text("SELECT name FROM workspaces WHERE id = :id")


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise invalid("format", "bad_format", f"`format` is one of {', '.join(FORMATS)}")
    return FORMATS[name]


async def _place(connection: AsyncConnection, workspace_id: int, after: str | None) -> Place | None:
    if after is None:
        return None
    event = await find_event(connection, workspace_id, read_event_id("after", after))
    if event is None:
        raise invalid(
            "after",
            "event_not_found",
            f"this workspace has no event {after}; `after` is the id of the last row that came whole",
        )
    return Place(event["id_time"], event["id"])


def _filters(form: Format, asked: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return the filters of the rows that a form has: it may know no row for some price statuses."""
    if form.statuses is None:
        return asked
    wanted = asked.get("price_status", form.statuses)
    return {**asked, "price_status": [status for status in form.statuses if status in wanted]}


async def _count(services: Services, question: Question, calendar: Calendar) -> Mapping[str, int] | None:
    """Return the events by price status, or None where finding out would take too long."""
    if any(OTHER in values for values in question.filters.values()):
        # In totals that is the sum of other values, in events a value like any other.
        return None
    with suppress(Problem, TooManyEvents, OtherAmongEvents), refuse_when_slow():
        async with read_snapshot(services.engine, _COUNT_TIMEOUT_MS) as connection:
            facts, _ = await find_facts(connection, question, calendar, ("price_status",), None)
            return {row.keys[0]: row.events for row in await read_groups(connection, facts, 1)}
    return None


def _headers(form: Format, span: Span, counts: Mapping[str, int] | None) -> dict[str, str]:
    start, end = span.named_edges()
    what = "focus" if form.name == "focus" else "costs"
    name = f"llmlab-{what}-{start[:10]}-to-{end[:10]}.{form.suffix}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        # Both, because a resumed export has to cover the same: the defaults move with the day.
        FROM: start,
        TO: end,
    }
    if counts is not None:
        has_row = counts if form.statuses is None else form.statuses
        headers[ROWS] = str(sum(counts.get(status, 0) for status in has_row))
        known = (*COSTED, "free")
        headers[WITHOUT_COST] = str(sum(n for status, n in counts.items() if status not in known))
    return headers


async def _chunks(services: Services, walk: EventWalk, writer: Writer) -> AsyncIterator[bytes]:
    """Yield the export piece by piece; while one is being sent, nothing of the database is held."""
    if head := writer.head():
        yield head
    while not walk.done:
        try:
            async with services.exports, read_snapshot(services.engine, TIMEOUT_MS) as connection:
                rows = await walk.step(connection)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("export broke off", reason=type(error).__name__)
            raise BrokenOff from None
        while part := list(islice(rows, _SLICE)):
            yield writer.write(part)
            await asyncio.sleep(0)
