"""Answering `GET /api/costs/values`: the dearest values of a dimension with some letters in them."""

from datetime import timedelta
from typing import Any

from llmlab_shared.db.repositories.costs import TooManyEvents, read_calendar, read_snapshot
from llmlab_shared.db.repositories.dimension_values import read_values
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.domain.events import MAX_TEXT
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.ranges import Span
from llmlab_shared.domain.zones import day_start

from llmlab_api.costs.query import GROUP_NAMES, Query, read_group_by, read_limit
from llmlab_api.costs.service import find_facts, find_span
from llmlab_api.costs.stores import OtherAmongEvents, refusal
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.errors import invalid
from llmlab_api.services import Services

TIMEOUT_MS = 5_000
DEFAULT_LIMIT = 50


async def list_values(services: Services, workspace_id: int, query: Query) -> dict[str, Any]:
    """Return the values that a query asks for; raise the Problem that says what to mend."""
    dimension = _dimension(query.plain.get("dimension"))
    part = query.plain.get("q", "")
    if len(part) > MAX_TEXT:
        raise invalid("q", "too_long", f"no value has more than {MAX_TEXT} characters")
    limit = read_limit(query.plain.get("limit"), DEFAULT_LIMIT)
    with refuse_when_slow():
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            zone, asked = calendar.zone, find_span(query, calendar)
            # Whole days of the workspace's own, which the rollups keep whatever the dimension.
            days = Span(asked.start, asked.end, zone).days()
            span = Span(day_start(days[0], zone), day_start(days[-1] + timedelta(days=1), zone), zone)
            question = Question(workspace_id, span, {})
            try:
                facts, _ = await find_facts(connection, question, calendar, [dimension], None)
            except (TooManyEvents, OtherAmongEvents) as error:
                raise refusal(question, calendar, [dimension], None, error) from None
            rows = await read_values(connection, facts, part, limit)
    start, end = span.named_edges()
    return {
        "values": [{"value": row.keys[0], "spend": to_wire(row.spend), "events": row.events} for row in rows],
        "from": start,
        "to": end,
        "tz": zone.key,
    }


def _dimension(given: str | None) -> str:
    if not given:
        raise invalid("dimension", "missing_field", "say of what: `dimension=feature`")
    dimensions, unit = read_group_by(given)
    if unit is not None or len(dimensions) != 1:
        raise invalid("dimension", "bad_group_by", f"`dimension` is one of {', '.join(GROUP_NAMES[:-3])}")
    return dimensions[0]
