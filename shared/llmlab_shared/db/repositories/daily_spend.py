"""Daily spend as forecasts need it: of a workspace or a part of it, read from the rollups."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.repositories.costs import Calendar, read_groups
from llmlab_shared.db.repositories.facts import Facts, Question
from llmlab_shared.db.repositories.folds import read_folded_days
from llmlab_shared.domain.dimensions import Source
from llmlab_shared.domain.forecast import HISTORY_DAYS
from llmlab_shared.domain.ranges import Span, cut, split
from llmlab_shared.domain.zones import day_start, local_day

TIER_1 = Source("base")
_EVERYTHING: Mapping[str, Sequence[str]] = {}
_DAY = timedelta(days=1)
# Beyond what anybody asks: some hundred values of a year.
_MOST_ROWS = 200_000
# Long enough to have every weekday in it.
_USUAL_DAYS = 7


async def read_daily_spend(
    connection: AsyncConnection,
    workspace_id: int,
    calendar: Calendar,
    days: tuple[date, date],
    *,
    source: Source = TIER_1,
    filters: Mapping[str, Sequence[str]] = _EVERYTHING,
) -> dict[date, Decimal]:
    """Return the metered spend (USD) of the local days from the first to the last; none is left out.

    `source` is a rollup that keeps the filters.
    """
    question = Question(workspace_id, _span(days, calendar), filters)
    found = await _sums(connection, question, calendar, source, ())
    return found.get((), dict.fromkeys(split(question.span, "day").days or (), Decimal(0)))


async def read_daily_spend_by(
    connection: AsyncConnection,
    workspace_id: int,
    calendar: Calendar,
    days: tuple[date, date],
    *,
    source: Source,
    filters: Mapping[str, Sequence[str]],
    by: str,
) -> dict[str, dict[date, Decimal]]:
    """Return the same for each value of a dimension that the source keeps; those without spend are absent."""
    question = Question(workspace_id, _span(days, calendar), filters)
    found = await _sums(connection, question, calendar, source, (by,))
    return {keys[0]: spend for keys, spend in found.items()}


async def _sums(
    connection: AsyncConnection,
    question: Question,
    calendar: Calendar,
    source: Source,
    keys: Sequence[str],
) -> dict[tuple[str, ...], dict[date, Decimal]]:
    units = split(question.span, "day")
    every = units.days or []
    unfinished: list[date] = []
    if source.dimension is not None:
        days = every[0], every[-1]
        folded = await read_folded_days(connection, question.workspace_id, source.dimension, days)
        unfinished = [day for day, is_unfinished in folded.items() if is_unfinished]
    pieces = cut(question.span, calendar.day_zone)
    facts = Facts(question, source, pieces, keys, units, unfinished=unfinished)
    found: dict[tuple[str, ...], dict[date, Decimal]] = {}
    for row in await read_groups(connection, facts, len(keys), _MOST_ROWS):
        spend = found.setdefault(row.keys, dict.fromkeys(every, Decimal(0)))
        spend[every[row.slot]] = row.spend
    return found


async def read_usual_share(
    connection: AsyncConnection, workspace_id: int, calendar: Calendar, now: datetime
) -> Decimal:
    """Return which part of a day's spend usually comes before this time of day: by the last seven days.

    Where they had none, the part of the day that is over.
    """
    today = local_day(now, calendar.zone)
    local = now.astimezone(calendar.zone)
    over = Decimal(local.hour * 60 + local.minute) / (24 * 60)
    span = _span((today - _USUAL_DAYS * _DAY, today - _DAY), calendar)
    units = split(span, "hour")
    facts = Facts(Question(workspace_id, span, {}), TIER_1, cut(span, None), (), units)
    before = whole = Decimal(0)
    for row in await read_groups(connection, facts, 0):
        hour = units.instants[row.slot].astimezone(calendar.zone).hour
        whole += row.spend
        if hour < local.hour:
            before += row.spend
        elif hour == local.hour:
            before += row.spend * local.minute / 60
    return min(max(before / whole, Decimal(0)), Decimal(1)) if whole > 0 else over


def days_needed(today: date, start: date) -> tuple[date, date]:
    """Return the days from which a forecast of a period that began on `start` is made, today included."""
    return min(start, today - HISTORY_DAYS * _DAY), today


def _span(days: tuple[date, date], calendar: Calendar) -> Span:
    zone = calendar.zone
    return Span(day_start(days[0], zone), day_start(days[1] + _DAY, zone), zone)
