"""Rebuilding a workspace's days after its zone or its declared tags changed, beside everything else.

The change and its mark (`calendar_rebuilds`) came in one commit, under the spend lock: every spend since
counts by the new days, and nobody reads the day tiers while the mark is there. So what a day's rows lack of
what the events say does not change under running spends, each of which adds the same to both. Hence a step
compares some days in one statement, holding no lock, and then adds the differences as a spend would: under
the shared lock, with rows in the writers' order. If the epoch has moved meanwhile (a fold, another change,
an operator's rebuild), it compares anew. At the end come the budgets, which are stated anew one by one, and
the mark goes with a last look that nothing was asked since.

A step and the note of how far it is are one transaction, under a lock of the workspace's own: a process
that dies leaves the rest to the next sweep, and of two at once the second leaves it to the first.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.clock import now
from llmlab_shared.db.budget_history import record_passed, restate
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.domain.budgets import BudgetRule
from llmlab_shared.domain.zones import local_day
from llmlab_shared.errors import LLMLabError
from llmlab_shared.log import get_logger
from llmlab_shared.spend_lock import take_exclusively

from llmlab_worker.jobs.comparison import COMPARED, Slice
from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.stage import stage_name
from llmlab_worker.pipeline.workspaces import read_rules

SWEEP_SECONDS: Final = 5
TIMEOUT_SECONDS: Final = 3600
# A step takes days together that have so few events, some tenths of a second.
EVENTS_AT_ONCE: Final = 100_000
DAYS_AT_ONCE: Final = 31
_TABLES: Final = ("rollup_day", "rollup_dimension_day")
_DAY: Final = timedelta(days=1)

_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL lock_timeout = '10s'"
_ASKED = "SELECT workspace_id FROM calendar_rebuilds ORDER BY since"
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('rebuild_days', $1))"
_PLACE = """
SELECT r.revision, r.next_day, r.last_day, w.timezone, w.tag_dimensions,
    (SELECT value FROM epochs WHERE name = 'budgets') AS epoch
FROM calendar_rebuilds r JOIN workspaces w ON w.id = r.workspace_id WHERE r.workspace_id = $1
"""
_BUSY = """
SELECT (bucket AT TIME ZONE 'UTC')::date AS day, sum(events)::bigint AS events FROM rollup_15m
WHERE workspace_id = $1 AND bucket >= $2::date - 1 AND bucket < $2::date + $3::int GROUP BY 1
"""
_HOLD = "SELECT FROM calendar_rebuilds WHERE workspace_id = $1 AND revision = $2 AND next_day = $3 FOR UPDATE"
_ADVANCE = "UPDATE calendar_rebuilds SET next_day = $2 WHERE workspace_id = $1"
_DONE = "DELETE FROM calendar_rebuilds WHERE workspace_id = $1"

log = get_logger(__name__)


class _Place(NamedTuple):
    """How far a rebuild was, by which days, and the epoch of budgets at that moment."""

    revision: int
    next_day: date
    last_day: date
    timezone: str
    tags: Sequence[str]
    epoch: int


class _Moved(Exception):
    """What a step was computed from is not so any more: look again."""


class _Taken(Exception):
    """Another is at this workspace."""


async def rebuild_days(ctx: dict[str, Any]) -> int:
    """Rebuild the days of every workspace that asks for it; return how many were completed here."""
    return await rebuild_all(runtime_of(ctx).pool)


async def rebuild_all(pool: asyncpg.Pool) -> int:
    """Do what `rebuild_days` says, with a pool; one that fails keeps no other waiting, and is tried again."""
    completed = 0
    async with pool.acquire() as connection, connection.transaction():
        asked = [row["workspace_id"] for row in await connection.fetch(_ASKED)]
    for workspace_id in asked:
        try:
            while not await advance(pool, workspace_id):
                pass
            completed += 1
        except _Taken:
            continue
        except Exception:
            log.exception("days_not_rebuilt", workspace_id=workspace_id)
    return completed


async def advance(pool: asyncpg.Pool, workspace_id: int) -> bool:
    """Rebuild some days of a workspace, or a budget, or what is last; return whether all is done."""
    try:
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await _begin(connection, workspace_id)
            found = await connection.fetchrow(_PLACE, workspace_id)
            if found is None:
                return True
            place = _Place(*found)
            if place.next_day <= place.last_day:
                await _rebuild_some(connection, workspace_id, place)
                return False
        await _rebuild_budgets(pool, workspace_id, place)
    except _Moved:
        return False
    log.info("days_rebuilt", workspace_id=workspace_id, timezone=place.timezone, tags=list(place.tags))
    return True


async def _begin(connection: asyncpg.Connection, workspace_id: int) -> None:
    await connection.execute(_LIMITS)
    if not await connection.fetchval(_ALONE, workspace_id):
        raise _Taken


async def _rebuild_some(connection: asyncpg.Connection, workspace_id: int, place: _Place) -> None:
    last = await _last_of_step(connection, workspace_id, place)
    piece = Slice(workspace_id, ZoneInfo(place.timezone), place.tags, place.next_day, last)
    for table in _TABLES:
        await _find_missing(connection, table, piece)
    if (await enter_spend(connection)).budgets != place.epoch:
        raise _Moved
    await _hold(connection, workspace_id, place)
    for table in _TABLES:
        await _add_missing(connection, table)
    await connection.execute(_ADVANCE, workspace_id, last + _DAY)


async def _last_of_step(connection: asyncpg.Connection, workspace_id: int, place: _Place) -> date:
    rows = await connection.fetch(_BUSY, workspace_id, place.next_day, DAYS_AT_ONCE + 1)
    busy: dict[date, int] = dict(map(tuple, rows))
    last, events = place.next_day, 0
    # A local day has events of the UTC day and its neighbours; nearly is near enough.
    for days in range(DAYS_AT_ONCE):
        day = place.next_day + days * _DAY
        events += busy.get(day, 0)
        if day > place.last_day or (days and events > EVENTS_AT_ONCE):
            break
        last = day
    return last


def _stage(table: str) -> str:
    compared = COMPARED[table]
    return stage_name(f"{table}_missing", (*compared.key, *compared.measures))


async def _find_missing(connection: asyncpg.Connection, table: str, piece: Slice) -> None:
    compared, stage = COMPARED[table], _stage(table)
    names = ", ".join((*compared.key, *compared.measures))
    await connection.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS "
        f"SELECT {names} FROM {table} WITH NO DATA"
    )
    await connection.execute(
        f"INSERT INTO {stage} ({names}) {compared.statement}", *compared.parameters(piece)
    )


async def _add_missing(connection: asyncpg.Connection, table: str) -> None:
    compared, stage = COMPARED[table], _stage(table)
    names = ", ".join((*compared.key, *compared.measures))
    key = ", ".join(compared.key)
    added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in compared.measures)
    # As every writer orders them, whatever the database's collation is.
    order = ", ".join(
        name if name in ("workspace_id", "day", "api_key_id") else f'{name} COLLATE "C"'
        for name in compared.key
    )
    await connection.execute(
        f"INSERT INTO {table} AS r ({names}) SELECT {names} FROM {stage} ORDER BY {order} "
        f"ON CONFLICT ({key}) DO UPDATE SET {added}"
    )
    same = " AND ".join(f"r.{name} = s.{name}" for name in compared.key)
    await connection.execute(f"DELETE FROM {table} r USING {stage} s WHERE {same} AND r.events = 0")


async def _hold(connection: asyncpg.Connection, workspace_id: int, place: _Place) -> None:
    """Keep the place from moving until the transaction ends; raise `_Moved` when it has."""
    if await connection.fetchrow(_HOLD, workspace_id, place.revision, place.next_day) is None:
        raise _Moved


async def _rebuild_budgets(pool: asyncpg.Pool, workspace_id: int, place: _Place) -> None:
    """State every budget anew, each while no spend is written, and end the rebuild with the last.

    A budget that is made meanwhile is stated by who makes it, of days that are right by now.
    """
    async with pool.acquire() as connection, connection.transaction():
        budgets = [rule.id for rule in await _budgets(connection, workspace_id)]
    for budget_id in budgets:
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await _begin(connection, workspace_id)
            await take_exclusively(connection)
            await _hold(connection, workspace_id, place)
            await _state(connection, workspace_id, budget_id, ZoneInfo(place.timezone), now())
    async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
        await _begin(connection, workspace_id)
        await _hold(connection, workspace_id, place)
        await connection.execute(_DONE, workspace_id)


async def _state(
    connection: asyncpg.Connection, workspace_id: int, budget_id: int, zone: ZoneInfo, at: datetime
) -> None:
    rules = await _budgets(connection, workspace_id)
    own = [rule for rule in rules if rule.id == budget_id]
    try:
        async with connection.transaction():
            await restate(connection, own, rules, zone)
            await record_passed(connection, own, local_day(at, zone))
    except LLMLabError as error:
        log.warning("budget_not_rebuilt", budget_id=budget_id, reason=str(error))


async def _budgets(connection: asyncpg.Connection, workspace_id: int) -> Sequence[BudgetRule]:
    return (await read_rules(connection, [workspace_id]))[workspace_id].budgets
