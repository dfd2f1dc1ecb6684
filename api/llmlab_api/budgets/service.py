"""Listing budgets and setting them; the rules are the domain's, the accounts the repository's."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from llmlab_shared import clock
from llmlab_shared.db.repositories import accounts, budgets
from llmlab_shared.db.repositories.budgets import BudgetState
from llmlab_shared.db.repositories.costs import read_calendar, read_snapshot
from llmlab_shared.domain.budgets import alert_threshold, in_force
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.zones import local_day
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.budgets.schemas import BudgetRequest
from llmlab_api.errors import invalid
from llmlab_api.services import Services

_TIMEOUT_MS = 10_000


async def list_budgets(
    services: Services, workspace_id: int, *, cursor: int | None, limit: int
) -> dict[str, Any]:
    """Return one page of a workspace's budgets as the wire has it, that of every month first.

    `cursor` is the id of the budget before the page; raises the 422 for one that there is not.
    """
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        # All are read for a page: there is one for each month at most.
        found = await _states(connection, workspace_id)
    begin = 0
    if cursor is not None:
        begin = next((number for number, state in enumerate(found, 1) if state["id"] == cursor), 0)
        if not begin:
            raise invalid("cursor", "bad_cursor", "`cursor` is the `next_cursor` of the page before")
    page = found[begin : begin + limit]
    more = begin + limit < len(found)
    return {"budgets": page, "next_cursor": str(page[-1]["id"]) if more else None}


async def set_budget(
    services: Services, caller: Principal, request: BudgetRequest
) -> tuple[dict[str, Any], bool]:
    """Create or change the budget of a month or of every month; return it and whether it is new."""
    async with services.engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.execute(text(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}"))
        budget_id, created = await budgets.put_month_budget(
            connection,
            caller.workspace_id,
            month=request.month,
            amount=request.budget_amount,
            name=request.name,
            thresholds=request.thresholds,
        )
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="budget_created" if created else "budget_changed",
            target=f"budget:{budget_id}",
            details={
                "budget_amount": to_wire(request.budget_amount),
                "month": f"{request.month:%Y-%m}" if request.month else None,
            },
        )
        states = await _states(connection, caller.workspace_id)
        await connection.commit()
    return next(state for state in states if state["id"] == budget_id), created


async def _states(connection: AsyncConnection, workspace_id: int) -> list[dict[str, Any]]:
    zone = (await read_calendar(connection, workspace_id)).zone
    today = local_day(clock.now(), zone)
    wanted = await budgets.workspace_threshold(connection, workspace_id)
    states = await budgets.list_budgets(connection, workspace_id, today.replace(day=1))
    current = {rule.id for rule in in_force((state.rule for state in states), today)}
    return [_wire(state, wanted, zone, state.rule.id in current) for state in states]


def _wire(state: BudgetState, wanted: Decimal, zone: ZoneInfo, current: bool) -> dict[str, Any]:
    rule = state.rule
    speaking = alert_threshold(rule.thresholds, wanted)
    since: date = rule.month or local_day(state.created_at, zone)
    return {
        "id": rule.id,
        "name": state.name,
        "scope": dict(rule.scope),
        "each": rule.each,
        "period": rule.period,
        "month": f"{rule.month:%Y-%m}" if rule.month else None,
        "budget_amount": to_wire(rule.amount),
        "amounts": [{"from": since.isoformat(), "amount": to_wire(rule.amount)}],
        "thresholds": [to_wire(threshold) for threshold in rule.thresholds],
        "spent": to_wire(state.spent),
        "alert_sent": any(crossing.threshold == speaking for crossing in state.crossings),
        "in_force": current,
        "alerts": [
            {
                "threshold": to_wire(crossing.threshold),
                "crossed_at": _instant(crossing.crossed_at),
                "spend": to_wire(crossing.spend),
                **({"value": crossing.value} if crossing.value else {}),
            }
            for crossing in state.crossings
        ],
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
