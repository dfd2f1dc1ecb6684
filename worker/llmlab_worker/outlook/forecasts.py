"""Telling that a budget will be used up before its period ends, once for each (budget, value, period)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.db.repositories.daily_spend import days_needed, read_usual_share
from llmlab_shared.domain.forecast import METHOD, SILENT_DAYS, Forecast, TooLittle, forecast
from llmlab_shared.domain.money import to_wire
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from llmlab_worker.outlook.budgets import CurrentBudget, budget_days, budgets_in_force, open_by_value
from llmlab_worker.outlook.messages import Message, tell
from llmlab_worker.outlook.tenants import Tenant, for_each_tenant, looking_at

KIND: Final = "budget_forecast"


async def forecast_budgets(engine: AsyncEngine, at: datetime) -> int:
    """Look at every budget in force as of an instant; return how many messages that made."""

    async def look(tenant: Tenant) -> int:
        if not tenant.settings.forecasts:
            return 0
        async with looking_at(engine, tenant) as connection:
            messages = await _foresee(connection, tenant)
        return await tell(engine, tenant.id, messages)

    return await for_each_tenant(engine, (at - timedelta(days=SILENT_DAYS + 1)).date(), at, look)


async def _foresee(connection: AsyncConnection, tenant: Tenant) -> list[Message]:
    budgets = await budgets_in_force(connection, tenant.id, tenant.today)
    if not budgets:
        return []
    share = await read_usual_share(connection, tenant.id, tenant.calendar, tenant.calendar.as_of)
    return [
        _message(budget, value, spent, made)
        for budget in budgets
        # Who is told nothing of what is passed is told nothing of what will be.
        if not budget.rule.paused
        for value, (spent, made) in (await _outlook(connection, tenant, budget, share)).items()
        if isinstance(made, Forecast) and made.expected_on is not None
    ]


async def _outlook(
    connection: AsyncConnection, tenant: Tenant, budget: CurrentBudget, share: Decimal
) -> Mapping[str, tuple[Decimal, Forecast | TooLittle]]:
    """Return what is spent, and what will be, for every value that is not used up and not told of."""
    open_ = await open_by_value(connection, budget, KIND, _around_value(budget))
    if not open_:
        return {}
    days = await budget_days(
        connection, tenant, budget.rule, list(open_), days_needed(tenant.today, budget.start)
    )
    return {
        value: (
            open_[value],
            forecast(
                spend,
                open_[value],
                budget.start,
                budget.end,
                tenant.today,
                amount=budget.amount.amount,
                elapsed=share,
            ),
        )
        for value, spend in days.items()
        if value in open_
    }


def _around_value(budget: CurrentBudget) -> tuple[str, str]:
    """Return what stands before and after a value in the key of what is told of it."""
    return f"{budget.rule.id}:", f":{budget.start}:{budget.amount.revision}"


def _message(budget: CurrentBudget, value: str, spent: Decimal, made: Forecast) -> Message:
    rule = budget.rule
    before, after = _around_value(budget)
    payload: dict[str, Any] = {
        **budget.to_wire(value),
        "revision": budget.amount.revision,
        "spend": to_wire(spent),
        "workspace_id": rule.workspace_id,
        "forecast": {
            "low": to_wire(made.low),
            "likely": to_wire(made.likely),
            "high": to_wire(made.high),
        },
        "expected_on": _iso(made.expected_on),
        "range": [_iso(made.first), _iso(made.last)],
        "method": METHOD,
    }
    return Message(KIND, f"{before}{value}{after}", payload, rule.channels)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
