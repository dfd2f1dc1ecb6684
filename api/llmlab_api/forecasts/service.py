"""Answering `GET /api/costs/forecast` from the rollups."""

from decimal import Decimal
from typing import Any, Final, get_args

from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import Calendar, read_calendar, read_snapshot
from llmlab_shared.db.repositories.daily_spend import days_needed, read_daily_spend, read_usual_share
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.domain.budgets import Period, period_end, period_start
from llmlab_shared.domain.dimensions import Source, not_kept
from llmlab_shared.domain.forecast import METHOD, Forecast, TooLittle, forecast
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.ranges import Span
from llmlab_shared.domain.zones import day_start, local_day
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.query import Query, as_problem
from llmlab_api.costs.stores import OtherAmongEvents, find_source
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.errors import invalid
from llmlab_api.rebuilding import refuse_while_rebuilding
from llmlab_api.services import Services

TIMEOUT_MS: Final = 10_000
_PERIODS: Final[dict[str, Period]] = {period: period for period in get_args(Period)}


async def foretell(services: Services, workspace_id: int, query: Query) -> dict[str, Any]:
    """Return what the asked period will have cost; raise the 422 that says what to mend."""
    asked = query.plain.get("period", "month")
    period = _PERIODS.get(asked)
    if period is None:
        raise invalid("period", "bad_period", f"`period` is one of {', '.join(_PERIODS)}")
    now = clock.now()
    with refuse_when_slow():
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            refuse_while_rebuilding(calendar)
            today = local_day(now, calendar.zone)
            start = period_start(today, period)
            end = period_end(start, period)
            days = days_needed(today, start)
            # To the end of the period: what it has already may be dated ahead.
            span = Span(day_start(days[0], calendar.zone), day_start(end, calendar.zone), calendar.zone)
            source = await _source(connection, Question(workspace_id, span, query.filters), calendar)
            spend = await read_daily_spend(
                connection, workspace_id, calendar, days, source=source, filters=query.filters
            )
            share = await read_usual_share(connection, workspace_id, calendar, now)
    spent = sum((amount for day, amount in spend.items() if day >= start), Decimal(0))
    made = forecast(spend, spent, start, end, today, amount=None, elapsed=share)
    return {
        "period": period,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "spent": to_wire(spent),
        **forecast_on_wire(made),
    }


def forecast_on_wire(made: Forecast | TooLittle) -> dict[str, Any]:
    """Return a forecast, or why there is none, as answers have it."""
    if isinstance(made, TooLittle):
        return {
            "forecast": None,
            "reason": made.reason,
            "missing": made.code,
            "method": METHOD,
            "days": [],
        }
    return {
        "forecast": _range(made.low, made.likely, made.high),
        "method": METHOD,
        "days": [
            {"day": each.day.isoformat(), **_range(each.low, each.likely, each.high)} for each in made.days
        ],
    }


def _range(low: Decimal, likely: Decimal, high: Decimal) -> dict[str, str]:
    return {"low": to_wire(low), "likely": to_wire(likely), "high": to_wire(high)}


async def _source(connection: AsyncConnection, question: Question, calendar: Calendar) -> Source:
    """Return the rollup that keeps what is asked for; raise the 422 where none does."""
    try:
        source = await find_source(connection, question, calendar, (), "day")
    except OtherAmongEvents:
        source = Source("events")
    if source.tier == "events":
        reason = "a forecast is made from rollups alone, where values of busy days may be among `(other)`"
        raise as_problem(not_kept([*question.filters], calendar.declared_tags, reason), "filter")
    return source
