"""Budgets in the database: reading them, changing them, removing them.

Every change runs under the spend lock (`enter_change`), so that no spend in flight can fall between
what is worked out here and what the workers add afterwards. Two things hold after every commit:
`budget_spend` of a budget equals the metered spend of the rollups in the periods where it is in force,
and a crossing of an amount's revision exists wherever that spend has reached a threshold.

Callers hand in a transaction at READ COMMITTED: what the lock waited for must be visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared import clock
from llmlab_shared.db.budget_history import record_passed, restate
from llmlab_shared.db.budget_rules import read_budget_rules
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.epochs import enter_change
from llmlab_shared.domain.budgets import (
    DEFAULT_THRESHOLDS,
    MAX_THRESHOLDS,
    Amount,
    BudgetRule,
    Each,
    Period,
    family,
    period_start,
    with_threshold,
)
from llmlab_shared.domain.zones import find_zone, local_day

STANDING_NAME = "Monthly budget"

_INSERT = """
INSERT INTO budgets
    (workspace_id, name, scope, each, period, month, thresholds, counts_from, paused, channels)
VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10) RETURNING id
"""
_UPDATE = """
UPDATE budgets SET name = $2, thresholds = $3, paused = $4, channels = $5, revision = $6 WHERE id = $1
"""
_DELETE = "DELETE FROM budgets WHERE id = $1"
_SET_AMOUNTS = """
INSERT INTO budget_amounts (budget_id, valid_from, amount, revision)
SELECT $1, * FROM unnest($2::date[], $3::numeric[], $4::bigint[])
"""
_WORKSPACE = "SELECT timezone, budget_alert_threshold FROM workspaces WHERE id = $1"
_SET_THRESHOLD = "UPDATE workspaces SET budget_alert_threshold = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange:
    """What to change of a budget; None leaves it as it is, or as it is by default.

    `amounts` (USD by first day, ascending) replace those there are; `amount` holds from the period of
    `amount_from` on, the current one unless that is given. `channels`: of alerts, empty for all.
    """

    name: str | None = None
    amount: Decimal | None = None
    amount_from: date | None = None
    amounts: Mapping[date, Decimal] | None = None
    thresholds: Sequence[Decimal] | None = None
    paused: bool | None = None
    channels: Sequence[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPlace:
    """What a budget counts: a workspace has one budget of each place at most."""

    scope: Mapping[str, str]
    each: Each | None = None
    period: Period = "month"
    month: date | None = None


MONTHLY = BudgetPlace(scope={})


async def read_rules(connection: AsyncConnection, workspace_id: int) -> list[BudgetRule]:
    """Return a workspace's budgets, those of every period first."""
    return await _rules(await driver_of(connection), workspace_id)


async def _rules(driver: asyncpg.Connection, workspace_id: int) -> list[BudgetRule]:
    return (await read_budget_rules(driver, [workspace_id])).get(workspace_id, [])


async def month_budget(connection: AsyncConnection, workspace_id: int) -> Decimal | None:
    """Return the amount that the budget of every month has now, or None when there is none."""
    driver = await driver_of(connection)
    found = _find(await _rules(driver, workspace_id), MONTHLY)
    if found is None:
        return None
    zone, _ = await _workspace(driver, workspace_id)
    return found.amount_of(local_day(clock.now(), zone).replace(day=1)).amount


async def workspace_threshold(connection: AsyncConnection, workspace_id: int) -> Decimal:
    """Return the threshold that a workspace's new budgets get, and that `alert_sent` speaks of."""
    _, threshold = await _workspace(await driver_of(connection), workspace_id)
    return threshold


async def set_month_budget(connection: AsyncConnection, workspace_id: int, amount: Decimal | None) -> None:
    """Set the amount of the budget of every month, or remove that budget with None."""
    if amount is not None:
        await put_budget(connection, workspace_id, MONTHLY, BudgetChange(amount=amount))
        return
    found = _find(await read_rules(connection, workspace_id), MONTHLY)
    if found is not None:
        await delete_budget(connection, workspace_id, found.id)


async def put_budget(
    connection: AsyncConnection, workspace_id: int, place: BudgetPlace, change: BudgetChange
) -> tuple[int, bool]:
    """Create the budget of a place, or change the one that is there; return its id and whether it is new.

    A new budget gets the default thresholds and the workspace's own. A new amount starts a new revision,
    which alerts anew in the periods that it holds for; the same again changes nothing and alerts nothing.
    Raises `LLMLabError` (`too_much_to_count`), see `budget_history`.
    """
    await enter_change(connection, "budgets")
    driver = await driver_of(connection)
    found = _find(await _rules(driver, workspace_id), place)
    if found is not None:
        await _change(driver, found, change)
        return found.id, False
    zone, threshold = await _workspace(driver, workspace_id)
    today = local_day(clock.now(), zone)
    start = place.month or period_start(today, place.period)
    amounts = _amounts((), 0, change, start)
    # What the rollups keep of all times is counted of all times; the rest from its first period on.
    counts_from = None
    if not place.month and (place.scope or place.each or amounts[0].valid_from > start):
        counts_from = amounts[0].valid_from
    budget_id = await driver.fetchval(
        _INSERT,
        workspace_id,
        change.name or default_name(place),
        msgspec.json.encode(dict(sorted(place.scope.items()))).decode(),
        place.each,
        place.period,
        place.month,
        list(change.thresholds or with_threshold(DEFAULT_THRESHOLDS, threshold)),
        counts_from,
        change.paused or False,
        list(change.channels) if change.channels else None,
    )
    await _set_amounts(driver, budget_id, amounts)
    rules = await _rules(driver, workspace_id)
    (new,) = (rule for rule in rules if rule.id == budget_id)
    await restate(driver, _relatives(new, rules), rules, zone)
    await record_passed(driver, _relatives(new, rules), today)
    return budget_id, True


async def change_budget(
    connection: AsyncConnection, workspace_id: int, budget_id: int, change: BudgetChange
) -> bool:
    """Change a budget; return False when the workspace has none of this id."""
    await enter_change(connection, "budgets")
    driver = await driver_of(connection)
    found = next((rule for rule in await _rules(driver, workspace_id) if rule.id == budget_id), None)
    if found is not None:
        await _change(driver, found, change)
    return found is not None


async def delete_budget(connection: AsyncConnection, workspace_id: int, budget_id: int) -> BudgetRule | None:
    """Remove a budget with all that it recorded, and return it; None when there is none of this id.

    What a month's own row counted, the standing one counts from now on.
    """
    await enter_change(connection, "budgets")
    driver = await driver_of(connection)
    rules = await _rules(driver, workspace_id)
    found = next((rule for rule in rules if rule.id == budget_id), None)
    if found is None:
        return None
    await driver.execute(_DELETE, budget_id)
    left = [rule for rule in rules if rule.id != budget_id]
    if found.month and (relatives := _relatives(found, left)):
        zone, _ = await _workspace(driver, workspace_id)
        await restate(driver, relatives, left, zone)
        await record_passed(driver, relatives, local_day(clock.now(), zone))
    return found


async def set_alert_threshold(connection: AsyncConnection, workspace_id: int, threshold: Decimal) -> None:
    """Set the workspace's default threshold, for which its budgets alert from now on too.

    Budgets that alerted at the old threshold alert at the new one too; one that chose its own keeps them.
    """
    await enter_change(connection, "budgets")
    driver = await driver_of(connection)
    _, old = await _workspace(driver, workspace_id)
    await driver.execute(_SET_THRESHOLD, workspace_id, threshold)
    for rule in await _rules(driver, workspace_id):
        if old in rule.thresholds and len(rule.thresholds) < MAX_THRESHOLDS:
            await _change(driver, rule, BudgetChange(thresholds=with_threshold(rule.thresholds, threshold)))


def default_name(place: BudgetPlace) -> str:
    """Return what a budget is called whose maker did not say."""
    if place == MONTHLY:
        return STANDING_NAME
    kind = {"day": "Daily", "week": "Weekly", "month": "Monthly", "quarter": "Quarterly", "year": "Yearly"}
    period = f"Budget of {place.month:%Y-%m}" if place.month else f"{kind[place.period]} budget"
    parts = [f"{name} {value}" for name, value in sorted(place.scope.items())]
    if place.each:
        parts.append(f"each {place.each.replace('_', ' ')}")
    return f"{period}{' of ' if parts else ''}{', '.join(parts)}"[:100]


async def _workspace(driver: asyncpg.Connection, workspace_id: int) -> tuple[ZoneInfo, Decimal]:
    row = await driver.fetchrow(_WORKSPACE, workspace_id)
    return find_zone(row["timezone"]), row["budget_alert_threshold"]


def _find(rules: Sequence[BudgetRule], place: BudgetPlace) -> BudgetRule | None:
    wanted = (dict(place.scope), place.each, place.period, place.month)
    return next((r for r in rules if (dict(r.scope), r.each, r.period, r.month) == wanted), None)


def _relatives(rule: BudgetRule, rules: Sequence[BudgetRule]) -> list[BudgetRule]:
    """Return the rows of one budget: what one of them counts the others do not."""
    return [other for other in rules if family(other) == family(rule)]


async def _change(driver: asyncpg.Connection, rule: BudgetRule, change: BudgetChange) -> None:
    zone, _ = await _workspace(driver, rule.workspace_id)
    today = local_day(clock.now(), zone)
    start = rule.month or period_start(today, rule.period)
    amounts = _amounts(rule.amounts, rule.revision, change, start)
    changed = replace(
        rule,
        name=change.name or rule.name,
        thresholds=tuple(change.thresholds or rule.thresholds),
        paused=rule.paused if change.paused is None else change.paused,
        channels=rule.channels if change.channels is None else list(change.channels) or None,
        amounts=amounts,
        revision=max(rule.revision, *(held.revision for held in amounts)),
    )
    if changed == rule:
        return
    await driver.execute(
        _UPDATE,
        rule.id,
        changed.name,
        list(changed.thresholds),
        changed.paused,
        changed.channels,
        changed.revision,
    )
    if changed.amounts != rule.amounts:
        await driver.execute("DELETE FROM budget_amounts WHERE budget_id = $1", rule.id)
        await _set_amounts(driver, rule.id, changed.amounts)
    await record_passed(driver, [changed], today)


def _amounts(there: Sequence[Amount], last: int, change: BudgetChange, start: date) -> tuple[Amount, ...]:
    """Return the amounts after a change; what is another than before has a revision after the `last`."""
    if change.amounts is not None:
        wanted = dict(change.amounts)
    else:
        wanted = {held.valid_from: held.amount for held in there}
        if change.amount is not None:
            wanted[change.amount_from or start] = change.amount
    known = {(held.valid_from, held.amount): held.revision for held in there}
    amounts = []
    for valid_from, amount in sorted(wanted.items()):
        revision = known.get((valid_from, amount))
        if revision is None:
            before = _held_on(there, valid_from)
            # To say on another day what held anyway is no change.
            revision = before.revision if before and before.amount == amount else (last := last + 1)
        amounts.append(Amount(valid_from, amount, revision))
    return tuple(amounts)


def _held_on(amounts: Sequence[Amount], day: date) -> Amount | None:
    held = [amount for amount in amounts if amount.valid_from <= day]
    return held[-1] if held else (amounts[0] if amounts else None)


async def _set_amounts(driver: asyncpg.Connection, budget_id: int, amounts: Sequence[Amount]) -> None:
    rows = [(held.valid_from, held.amount, held.revision) for held in amounts]
    await driver.execute(_SET_AMOUNTS, budget_id, *map(list, zip(*rows, strict=True)))
