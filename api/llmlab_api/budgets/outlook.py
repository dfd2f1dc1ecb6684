"""How a budget's period will end, and when its amount is passed, if things go on as they did."""

from decimal import Decimal
from typing import Any

import asyncpg
from llmlab_shared.db.budget_history import spend_by_day
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.repositories import costs
from llmlab_shared.db.repositories.budget_states import BudgetState
from llmlab_shared.db.repositories.daily_spend import days_needed, read_usual_share
from llmlab_shared.domain.budgets import period_end
from llmlab_shared.domain.forecast import METHOD, TooLittle, forecast
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.zones import local_day
from llmlab_shared.errors import LLMLabError
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.budgets.calendars import Calendar


async def read_outlook(
    connection: AsyncConnection, calendar: Calendar, state: BudgetState
) -> dict[str, Any] | None:
    """Return the forecast of a budget's current period, or why there is none.

    None for a period that is not the current one, and for a budget for each, which has one for every value.
    """
    rule, today = state.rule, local_day(calendar.as_of, calendar.zone)
    end = period_end(state.start, rule.period)
    if rule.each or not state.start <= today < end:
        return None
    if calendar.rebuilding:
        return {"forecast": None, "reason": "the sums by day are being rebuilt", "method": METHOD}
    first, _ = days_needed(today, state.start)
    try:
        driver = await driver_of(connection)
        daily = await spend_by_day(driver, rule, calendar.zone, first=first, last=today)
    except LLMLabError as error:
        return {"forecast": None, "reason": str(error), "method": METHOD}
    except asyncpg.QueryCanceledError:
        reason = "reading what was spent takes longer than an answer may take"
        return {"forecast": None, "reason": reason, "method": METHOD}
    whole = await costs.read_calendar(connection, rule.workspace_id)
    made = forecast(
        {day: spend for (_, day), spend in daily.items()},
        state.spent,
        state.start,
        end,
        today,
        amount=rule.amount_of(state.start).amount,
        elapsed=await read_usual_share(connection, rule.workspace_id, whole, calendar.as_of),
    )
    if isinstance(made, TooLittle):
        return {"forecast": None, "reason": made.reason, "method": METHOD}
    return {
        "forecast": _range(made.low, made.likely, made.high),
        "expected_on": made.expected_on and made.expected_on.isoformat(),
        "expected_between": [day and day.isoformat() for day in (made.first, made.last)],
        "method": METHOD,
    }


def _range(low: Decimal, likely: Decimal, high: Decimal) -> dict[str, str]:
    return {"low": to_wire(low), "likely": to_wire(likely), "high": to_wire(high)}
