"""What the calls of a question cost day by day, from the rollups that keep it, else from the events."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.repositories.costs import COSTED, check_scannable
from llmlab_shared.db.repositories.facts import Facts, Question
from llmlab_shared.domain.dimensions import Source
from llmlab_shared.domain.ranges import Span, cut, split


@dataclass(frozen=True, slots=True)
class DayCost:
    """Metered calls of known cost on one day of the workspace's zone."""

    day: date
    calls: int
    cost: Decimal


async def list_models(connection: AsyncConnection, workspace_id: int, span: Span) -> list[tuple[str, str]]:
    """Return every (provider, model) that was used on the days of a span."""
    days = span.days()
    rows = await connection.execute(
        text(
            "SELECT DISTINCT provider, model FROM rollup_day WHERE workspace_id = :workspace "
            "AND day BETWEEN :first AND :last ORDER BY 1, 2"
        ),
        {"workspace": workspace_id, "first": days[0], "last": days[-1]},
    )
    return [(row[0], row[1]) for row in rows]


async def read_day_costs(
    connection: AsyncConnection, question: Question, source: Source, zone: ZoneInfo, *, per_answer: bool
) -> list[DayCost]:
    """Return the days that had calls. The span consists of days of the workspace's `zone`.

    With `per_answer` only calls without an error count; the cost is that of all. Raises `TooManyEvents`.
    """
    span = question.span
    if source.tier == "events":
        await check_scannable(connection, question.workspace_id, span, zone)
    units = split(span, "day")
    known = replace(question, filters={**question.filters, "price_status": list(COSTED)})
    facts = Facts(known, source, cut(span, zone), (), units)
    calls = "sum(events - errors)" if per_answer else "sum(events)"
    rows = await connection.execute(
        text(
            f"SELECT slot, {calls}::bigint, sum(cost) FROM ({facts.sql}) facts "
            "WHERE billing = 'metered' GROUP BY slot HAVING sum(events) > 0 ORDER BY slot"
        ),
        facts.parameters,
    )
    days = units.days or []
    return [DayCost(days[row[0]], row[1], row[2]) for row in rows]
