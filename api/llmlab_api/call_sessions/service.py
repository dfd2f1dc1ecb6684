"""Answering `GET /api/costs/sessions`: a scan of events, bounded by their number and by time."""

from typing import Any, get_args

from llmlab_shared.db.repositories.call_sessions import SessionKey, SessionSums, read_costliest
from llmlab_shared.db.repositories.costs import (
    MAX_SCANNED,
    TooManyEvents,
    check_scannable,
    read_calendar,
    read_snapshot,
)
from llmlab_shared.db.repositories.events_read import failed_only
from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.money import to_wire

from llmlab_api.costs.query import Query, read_limit
from llmlab_api.costs.service import find_span
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.errors import Problem, invalid
from llmlab_api.services import Services

TIMEOUT_MS = 10_000
DEFAULT_LIMIT = 50
KEYS: tuple[SessionKey, ...] = get_args(SessionKey)


async def list_costliest(services: Services, workspace_id: int, query: Query) -> dict[str, Any]:
    """Return the costliest sessions or traces of a range; raise the Problem that says what to mend."""
    by = _key(query.plain.get("by", "session"))
    limit = read_limit(query.plain.get("limit"), DEFAULT_LIMIT)
    for name, values in query.filters.items():
        if OTHER in values:
            raise invalid(name, "value_not_kept", f"single calls of `{OTHER}` are not told apart")
    with refuse_when_slow():
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            span = find_span(query, calendar)
            try:
                failed = bool(failed_only(query.filters))
                await check_scannable(connection, workspace_id, span, calendar.zone, failed=failed)
            except TooManyEvents as error:
                raise _too_many(by, error) from None
            found = await read_costliest(connection, workspace_id, span, query.filters, by=by, most=limit)
    start, end = span.named_edges()
    return {
        "sessions": [_on_wire(session) for session in found.sessions],
        "scanned": found.scanned,
        "without": found.without,
        "from": start,
        "to": end,
        "tz": span.zone.key,
    }


def _key(given: str) -> SessionKey:
    for key in KEYS:
        if given == key:
            return key
    raise invalid("by", "bad_group_by", f"`by` is one of {', '.join(KEYS)}")


def _too_many(by: SessionKey, error: TooManyEvents) -> Problem:
    return invalid(
        "from, to",
        "too_many_events",
        f"{by}s are added up from single events, of which this range has {error.events:,} and at most "
        f"{MAX_SCANNED:,} are read; ask for a shorter range",
    )


def _on_wire(session: SessionSums) -> dict[str, Any]:
    return {
        "id": session.id,
        "spend": to_wire(session.spend),
        "events": session.events,
        "tokens": session.tokens,
        "errors": session.errors,
        "unknown": session.unknown,
        "first": session.first.isoformat().replace("+00:00", "Z"),
        "last": session.last.isoformat().replace("+00:00", "Z"),
        "models": list(session.models),
        "user": session.user,
        "customer": session.customer,
        "feature": session.feature,
    }
