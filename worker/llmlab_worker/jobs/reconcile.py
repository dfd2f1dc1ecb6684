"""Proving that the rollups equal the events they cover, and mending them where they do not.

One workspace and a few local days at a time, and where nothing is mended a table at a time: a long snapshot
would slow every spend. What is committed while a slice is compared is on both sides or on neither, and the
workspace's zone and tags are those of that moment: they may change between two slices.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.db.budget_history import spend_by_period, stated
from llmlab_shared.db.budget_spend import SpendKey, add_spend
from llmlab_shared.db.partitions import list_months
from llmlab_shared.errors import LLMLabError
from llmlab_shared.log import get_logger
from llmlab_shared.spend_lock import TAKE_EXCLUSIVELY, bump

from llmlab_worker.jobs.comparison import COMPARED, Slice
from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.signed import add_signed
from llmlab_worker.pipeline.workspaces import read_rules

_DAYS_AT_ONCE = 7
_REBUILDING = "the days of its workspace are being rebuilt, and at the end of that it is counted anew"
_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL lock_timeout = '10s'"

log = get_logger(__name__)

# How many slices of how many are done.
Progress = Callable[[int, int], object]
# A budget's id, and why what it counts was not compared.
LeftOut = Callable[[int, str], object]


def _nobody(_done: int, _of: int) -> None:
    """Hear how far it is, and tell nobody."""


def _log_left_out(budget_id: int, reason: str) -> None:
    log.warning("budget_not_compared", budget_id=budget_id, reason=reason)


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a table that is not what the events say; `missing` is what must be added to each measure."""

    table: str
    key: Mapping[str, Any]
    missing: Mapping[str, Any]


async def reconcile(ctx: dict[str, Any]) -> dict[str, int]:
    """Compare everything, log what differs, and return how many rows do, by table. Mends nothing."""
    counts: dict[str, int] = {}
    async for difference in find_differences(runtime_of(ctx).pool):
        counts[difference.table] = counts.get(difference.table, 0) + 1
        if counts[difference.table] <= 100:
            log.error(
                "rollup_differs",
                table=difference.table,
                key={name: str(value) for name, value in difference.key.items()},
                missing={name: str(value) for name, value in difference.missing.items()},
            )
    log.info("reconciled", differences=sum(counts.values()))
    return counts


async def differences(pool: asyncpg.Pool, workspace_id: int | None = None) -> list[Difference]:
    """Return every row of the rollups and of `budget_spend` that is not what the events say."""
    return [difference async for difference in find_differences(pool, workspace_id)]


async def find_differences(
    pool: asyncpg.Pool,
    workspace_id: int | None = None,
    told: Progress = _nobody,
    left_out: LeftOut = _log_left_out,
) -> AsyncIterator[Difference]:
    """Yield what `differences` returns, slice by slice; `left_out` hears of budgets not compared.

    Workspaces whose days are being rebuilt for another zone or other tags are left alone until that is done.
    """
    async for week in _told(await _weeks(pool, workspace_id), told):
        for table in COMPARED:
            async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
                piece = await _slice(connection, week, settled=True)
                found = await _compare(connection, piece, table) if piece else []
            for difference in found:
                yield difference
    for owner in await _workspaces(pool, workspace_id):
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            found = await _compare_budgets(connection, owner, left_out)
        for difference in found:
            yield difference


async def rebuild(
    pool: asyncpg.Pool,
    workspace_id: int | None = None,
    told: Progress = _nobody,
    left_out: LeftOut = _log_left_out,
) -> int:
    """Make the rollups and `budget_spend` what the events say, while events go on; return how many rows.

    Each slice holds the spend lock alone while it is compared and mended, so that no spend falls between.
    Budgets whose days are being rebuilt for another zone are stated at the end of that, not here.
    """
    mended = 0
    async for week in _told(await _weeks(pool, workspace_id), told):
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await _hold_spends(connection)
            # Under the lock, without which no zone changes.
            piece = await _slice(connection, week)
            if piece is None:
                continue
            # What another rebuild has compared is compared anew by it.
            await bump(connection, "budgets")
            for table in COMPARED:
                found = await _compare(connection, piece, table)
                await _apply(connection, table, found)
                mended += len(found)
    for owner in await _workspaces(pool, workspace_id):
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await _hold_spends(connection)
            found = await _compare_budgets(connection, owner, left_out)
            await _apply_budgets(connection, owner, found)
            mended += len(found)
    return mended


class _Week(NamedTuple):
    """Local days of a workspace that are compared together, whatever its zone is by then."""

    workspace_id: int
    first: date


async def _told(weeks: Sequence[_Week], told: Progress) -> AsyncIterator[_Week]:
    """Yield the weeks, and tell after each how many of them are done."""
    for number, week in enumerate(weeks):
        told(number, len(weeks))
        yield week
    told(len(weeks), len(weeks))


async def _hold_spends(connection: asyncpg.Connection) -> None:
    await connection.execute(_LIMITS)
    await connection.execute(TAKE_EXCLUSIVELY)


async def _workspaces(pool: asyncpg.Pool, workspace_id: int | None) -> list[int]:
    async with pool.acquire() as connection, connection.transaction():
        return [row["id"] for row in await connection.fetch(_OWNERS, workspace_id)]


async def _weeks(pool: asyncpg.Pool, workspace_id: int | None) -> list[_Week]:
    """Return the weeks in which anything may lie: the months that have a partition, and a little around."""
    owners = await _workspaces(pool, workspace_id)
    async with pool.acquire() as connection, connection.transaction():
        months = await list_months(connection)
        filled = [
            (owner, month)
            for owner in owners
            for month in months
            if await connection.fetchval(_ANYTHING, owner, month - _MARGIN, month + _MARGIN + _MONTH)
        ]
    weeks: set[_Week] = set()
    for owner, month in filled:
        day = month - _MARGIN
        day -= timedelta(days=(day - date.min).days % _DAYS_AT_ONCE)
        while day <= month + _MARGIN + _MONTH:
            weeks.add(_Week(owner, day))
            day += timedelta(days=_DAYS_AT_ONCE)
    return sorted(weeks)


async def _slice(connection: asyncpg.Connection, week: _Week, *, settled: bool = False) -> Slice | None:
    """Return a week by the workspace's calendar as it is now; None for one that is gone, or not `settled`."""
    calendar = await connection.fetchrow(_CALENDAR, week.workspace_id, settled)
    if calendar is None:
        return None
    zone, tags = calendar
    last = week.first + timedelta(days=_DAYS_AT_ONCE - 1)
    return Slice(week.workspace_id, ZoneInfo(zone), tags, week.first, last)


_MARGIN = timedelta(days=3)
_MONTH = timedelta(days=31)
_OWNERS = "SELECT id FROM workspaces WHERE ($1::bigint IS NULL OR id = $1) ORDER BY id"
_CALENDAR = """
SELECT timezone, tag_dimensions FROM workspaces WHERE id = $1
    AND NOT ($2 AND EXISTS (SELECT FROM calendar_rebuilds r WHERE r.workspace_id = workspaces.id))
"""
_ANYTHING = """
SELECT EXISTS (SELECT FROM cost_events WHERE workspace_id = $1 AND id_time >= $2::date AND id_time < $3::date)
    OR EXISTS (SELECT FROM rollup_15m WHERE workspace_id = $1 AND bucket >= $2::date AND bucket < $3::date)
    OR EXISTS (SELECT FROM rollup_day WHERE workspace_id = $1 AND day >= $2::date AND day < $3::date)
"""


async def _compare(connection: asyncpg.Connection, piece: Slice, table: str) -> list[Difference]:
    compared = COMPARED[table]
    rows = await connection.fetch(compared.statement, *compared.parameters(piece))
    return [
        Difference(
            table,
            {name: row[name] for name in compared.key},
            {name: row[name] for name in compared.measures},
        )
        for row in rows
    ]


async def _apply(connection: asyncpg.Connection, table: str, found: Sequence[Difference]) -> None:
    await add_signed(connection, table, ((tuple(d.key.values()), tuple(d.missing.values())) for d in found))


async def _compare_budgets(
    connection: asyncpg.Connection, workspace_id: int, left_out: LeftOut
) -> list[Difference]:
    own = (await read_rules(connection, [workspace_id]))[workspace_id]
    if await connection.fetchrow(_CALENDAR, workspace_id, True) is None:
        for rule in own.budgets:
            left_out(rule.id, _REBUILDING)
        return []
    wanted: dict[SpendKey, Decimal] = {}
    counted = []
    for rule in own.budgets:
        try:
            wanted |= await spend_by_period(connection, rule, own.budgets, own.zone)
        except LLMLabError as error:
            left_out(rule.id, str(error))
        else:
            counted.append(rule)
    there = await stated(connection, counted)
    return [
        Difference("budget_spend", key._asdict(), {"spend": missing})
        for key in sorted(wanted.keys() | there.keys())
        if (missing := wanted.get(key, Decimal(0)) - there.get(key, Decimal(0)))
    ]


async def _apply_budgets(
    connection: asyncpg.Connection, workspace_id: int, found: Sequence[Difference]
) -> None:
    budgets = (await read_rules(connection, [workspace_id]))[workspace_id].budgets
    rules = {rule.id: rule for rule in budgets}
    await add_spend(connection, rules, {SpendKey(**d.key): d.missing["spend"] for d in found})
