"""Budgets of a workspace: listing, making, changing and removing them."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from llmlab_shared.db.budget_history import spend_by_day
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.repositories import accounts, budgets
from llmlab_shared.db.repositories.budget_states import BudgetState, read_states, read_values
from llmlab_shared.db.repositories.budgets import BudgetChange, BudgetPlace
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.budgets import BudgetRule, in_force, period_start
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.money import read_plain, to_wire
from llmlab_shared.domain.notifications import FAN_OUT
from llmlab_shared.domain.zones import local_day
from llmlab_shared.errors import LLMLabError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.budgets.backtests import run_backtest
from llmlab_api.budgets.calendars import Calendar, read_calendar
from llmlab_api.budgets.outlook import read_outlook
from llmlab_api.budgets.request import read_change
from llmlab_api.budgets.wire import budget_on_wire, scope_on_wire, value_on_wire
from llmlab_api.cursors import read_cursor, write_cursor
from llmlab_api.errors import Problem, invalid
from llmlab_api.jobs import enqueue
from llmlab_api.rebuilding import rebuilding
from llmlab_api.services import Services

_TIMEOUT_MS = 10_000
_LOOK_BACK = timedelta(days=90)
_CHANNELS = "SELECT id FROM notification_channels WHERE workspace_id = $1 AND id = ANY($2::bigint[])"


async def list_budgets(
    services: Services, workspace_id: int, *, cursor: int | None, limit: int
) -> dict[str, Any]:
    """Return one page of a workspace's budgets as the wire has it, those of every period first.

    `cursor` is the id of the budget before the page; raises the 422 for one that there is not.
    """
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        rules = await budgets.read_rules(connection, workspace_id)
        begin = 0
        if cursor is not None:
            begin = next((number for number, rule in enumerate(rules, 1) if rule.id == cursor), 0)
            if not begin:
                raise invalid("cursor", "bad_cursor", "`cursor` is the `next_cursor` of the page before")
        page = rules[begin : begin + limit]
        shown = await _shown(driver, await read_calendar(driver, workspace_id), rules, page)
    more = begin + limit < len(rules)
    return {"budgets": shown, "next_cursor": str(page[-1].id) if more else None}


async def get_budget(services: Services, workspace_id: int, budget_id: int) -> dict[str, Any]:
    """Return one budget with how its period will end; raises the 404 for one that the workspace has not."""
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        rules = await budgets.read_rules(connection, workspace_id)
        calendar = await read_calendar(driver, workspace_id)
        (state,) = await _states(driver, calendar, [_found(rules, budget_id)])
        outlook = await read_outlook(connection, calendar, state)
        return {**_on_wire(calendar, _in_force(calendar, rules), state), "outlook": outlook}


async def list_values(
    services: Services,
    workspace_id: int,
    budget_id: int,
    *,
    period: date | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Return one page of whose spend a budget for each counts, the most first.

    `period` is a day of the period that is asked for, by default today.
    """
    after = None
    if cursor is not None:
        spend, value = read_cursor(cursor, tuple[str, str])
        after = _decimal(spend), value
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        rule = _found(await budgets.read_rules(connection, workspace_id), budget_id)
        calendar = await read_calendar(driver, workspace_id)
        day = period or local_day(calendar.as_of, calendar.zone)
        start = rule.month or period_start(day, rule.period)
        rows = await read_values(driver, budget_id, start, after=after, limit=limit + 1)
    more = write_cursor((to_wire(rows[limit - 1][1]), rows[limit - 1][0])) if len(rows) > limit else None
    return {"values": [value_on_wire(*row) for row in rows[:limit]], "next_cursor": more}


async def set_budget(
    services: Services, caller: Principal, place: BudgetPlace, change: BudgetChange
) -> tuple[dict[str, Any], bool]:
    """Make the budget of a place, or change the one there is; return it and whether it is new."""
    async with _changing(services) as connection:
        driver = await driver_of(connection)
        calendar = await read_calendar(driver, caller.workspace_id)
        _check_tags(place, calendar)
        await _check_channels(driver, caller.workspace_id, change)
        with _explained():
            budget_id, created = await budgets.put_budget(connection, caller.workspace_id, place, change)
        action = "budget_created" if created else "budget_changed"
        await _audit(connection, caller, action, budget_id, _told(change, place))
        answer = await _one(connection, caller.workspace_id, budget_id)
        await connection.commit()
    await enqueue(services, FAN_OUT)
    # Not before: until the commit no spend is written.
    answer["notes"] = answer.get("notes", []) + await _notes(services, caller.workspace_id, answer["id"])
    return answer, created


async def change_budget(services: Services, caller: Principal, budget_id: int, body: bytes) -> dict[str, Any]:
    """Change a budget and return it; raises the 404 for one that the workspace has not."""
    async with _changing(services) as connection:
        driver = await driver_of(connection)
        rule = _found(await budgets.read_rules(connection, caller.workspace_id), budget_id)
        place = BudgetPlace(scope=rule.scope, each=rule.each, period=rule.period, month=rule.month)
        change = read_change(body, place)
        await _check_channels(driver, caller.workspace_id, change)
        if not await budgets.change_budget(connection, caller.workspace_id, budget_id, change):
            raise _not_there(budget_id)
        await _audit(connection, caller, "budget_changed", budget_id, _told(change))
        answer = await _one(connection, caller.workspace_id, budget_id)
        await connection.commit()
    # What the change has passed is told at once.
    await enqueue(services, FAN_OUT)
    return answer


async def delete_budget(services: Services, caller: Principal, budget_id: int) -> None:
    """Remove a budget; raises the 404 for one that the workspace has not."""
    async with _changing(services) as connection:
        with _explained():
            # A month's own budget gives its month back, which may have to be counted.
            gone = await budgets.delete_budget(connection, caller.workspace_id, budget_id)
        if gone is None:
            raise _not_there(budget_id)
        await _audit(connection, caller, "budget_deleted", budget_id, {})
        await connection.commit()


async def backtest(
    services: Services, workspace_id: int, place: BudgetPlace, change: BudgetChange, days: int
) -> dict[str, Any]:
    """Return what a budget would have done in the last `days` days; nothing is made."""
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        calendar = await read_calendar(driver, workspace_id)
        if calendar.rebuilding:
            raise rebuilding()
        _check_tags(place, calendar)
        with _explained():
            return await run_backtest(driver, calendar, place, change, days)


_REBUILDING = (
    "The workspace's time zone or tags were changed: what was spent is being counted anew, by the new days."
)


@asynccontextmanager
async def _changing(services: Services) -> AsyncIterator[AsyncConnection]:
    async with services.engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.execute(text(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}"))
        yield connection


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what cannot be counted into the 422 that says so."""
    try:
        yield
    except LLMLabError as error:
        raise invalid("scope", error.code, str(error)) from None
    except asyncpg.QueryCanceledError:
        raise invalid(
            "scope",
            "too_much_to_count",
            "counting what was spent before takes longer than spends may be kept waiting for it; take a "
            "shorter period, or a scope that the rollups keep: see docs/budgets.md",
        ) from None


async def _one(connection: AsyncConnection, workspace_id: int, budget_id: int) -> dict[str, Any]:
    driver = await driver_of(connection)
    rules = await budgets.read_rules(connection, workspace_id)
    calendar = await read_calendar(driver, workspace_id)
    (shown,) = await _shown(driver, calendar, rules, [_found(rules, budget_id)])
    return shown


async def _shown(
    driver: asyncpg.Connection, calendar: Calendar, rules: Sequence[BudgetRule], page: Sequence[BudgetRule]
) -> list[dict[str, Any]]:
    current = _in_force(calendar, rules)
    return [_on_wire(calendar, current, state) for state in await _states(driver, calendar, page)]


async def _states(
    driver: asyncpg.Connection, calendar: Calendar, page: Sequence[BudgetRule]
) -> list[BudgetState]:
    today = local_day(calendar.as_of, calendar.zone)
    return await read_states(driver, [(r, r.month or period_start(today, r.period)) for r in page])


def _in_force(calendar: Calendar, rules: Sequence[BudgetRule]) -> set[int]:
    return {rule.id for rule in in_force(rules, local_day(calendar.as_of, calendar.zone))}


def _on_wire(calendar: Calendar, current: Collection[int], state: BudgetState) -> dict[str, Any]:
    shown = budget_on_wire(state, calendar.threshold, current=state.rule.id in current)
    return {**shown, "notes": [_REBUILDING]} if calendar.rebuilding else shown


async def _notes(services: Services, workspace_id: int, budget_id: int) -> list[str]:
    """Say what is allowed and yet surprises: a scope that nothing has matched."""
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        calendar = await read_calendar(driver, workspace_id)
        rules = await budgets.read_rules(connection, workspace_id)
        rule = next((rule for rule in rules if rule.id == budget_id), None)
        # What is being rebuilt has not all of the days yet.
        if rule is None or not rule.dimensions or calendar.rebuilding:
            return []
        today = local_day(calendar.as_of, calendar.zone)
        try:
            found = await spend_by_day(driver, rule, calendar.zone, first=today - _LOOK_BACK, last=today)
        except (LLMLabError, asyncpg.QueryCanceledError):
            return []
    if found:
        return []
    what = ", ".join(f"{name} {value}" for name, value in sorted(rule.scope.items()))
    each = f"a {rule.each.replace('_', ' ')}" if rule.each else ""
    return [
        f"Nothing that was spent in the last {_LOOK_BACK.days} days has "
        f"{' and '.join(filter(None, [what, each]))}: the budget counts from the first event that does."
    ]


def _found(rules: Sequence[BudgetRule], budget_id: int) -> BudgetRule:
    found = next((rule for rule in rules if rule.id == budget_id), None)
    if found is None:
        raise _not_there(budget_id)
    return found


def _not_there(budget_id: int) -> Problem:
    return Problem(404, "not_found", f"this workspace has no budget {budget_id}")


def _check_tags(place: BudgetPlace, calendar: Calendar) -> None:
    for name in place.scope:
        if name.startswith(TAG) and name.removeprefix(TAG) not in calendar.tags:
            declared = f"declared are {', '.join(calendar.tags)}" if calendar.tags else "none is declared"
            raise invalid(
                "scope",
                "tag_not_declared",
                f"`scope`: the tag {name.removeprefix(TAG)!r} is not a declared one of this workspace; "
                f"{declared}",
            )


async def _check_channels(driver: asyncpg.Connection, workspace_id: int, change: BudgetChange) -> None:
    if not change.channels:
        return
    there = {row["id"] for row in await driver.fetch(_CHANNELS, workspace_id, list(change.channels))}
    if missing := [each for each in change.channels if each not in there]:
        raise invalid(
            "channels",
            "bad_channels",
            f"`channels`: this workspace has no channel {missing[0]}; GET /api/channels lists them",
        )


def _told(change: BudgetChange, place: BudgetPlace | None = None) -> dict[str, Any]:
    details: dict[str, Any] = {
        "budget_amount": None if change.amount is None else to_wire(change.amount),
        "from": change.amount_from and change.amount_from.isoformat(),
        "amounts": change.amounts and {str(day): to_wire(held) for day, held in change.amounts.items()},
        "thresholds": change.thresholds and [to_wire(threshold) for threshold in change.thresholds],
        "paused": change.paused,
    }
    if place is not None:
        details |= {
            "scope": scope_on_wire(place.scope) or None,
            "each": place.each,
            "period": place.period,
            "month": f"{place.month:%Y-%m}" if place.month else None,
        }
    return {name: value for name, value in details.items() if value is not None}


async def _audit(
    connection: AsyncConnection, caller: Principal, action: str, budget_id: int, details: dict[str, Any]
) -> None:
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action=action,
        target=f"budget:{budget_id}",
        details=details,
    )


def _decimal(text: str) -> Decimal:
    try:
        return read_plain(text)
    except ValueError:
        raise invalid("cursor", "bad_cursor", "`cursor` is the `next_cursor` of the page before") from None
