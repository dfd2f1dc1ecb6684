"""Proving that the rollups equal the events they cover, and mending them where they do not.

One workspace and a few local days at a time, each slice in a short transaction of its own: a long
snapshot would slow every spend. A slice is compared in one statement, so what is committed meanwhile
is on both sides or on neither.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.db.adjusted import EVENT_COLUMNS, adjusted, within
from llmlab_shared.db.budget_history import spend_by_period, stated
from llmlab_shared.db.budget_spend import SpendKey, add_spend
from llmlab_shared.db.partitions import list_months
from llmlab_shared.domain.dimensions import OTHER, OWN, TAG
from llmlab_shared.domain.events import STORED_ID_SKEW
from llmlab_shared.domain.zones import day_start
from llmlab_shared.errors import LLMLabError
from llmlab_shared.log import get_logger
from llmlab_shared.spend_lock import TAKE_EXCLUSIVELY

from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.rollups import DAY_KEY, DIMENSION_KEY, TIER1_KEY
from llmlab_worker.pipeline.signed import add_signed
from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES
from llmlab_worker.pipeline.workspaces import read_rules

_DAYS_AT_ONCE = 7
_EPOCH = "TIMESTAMPTZ '1970-01-01 00:00:00+00'"
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


@dataclass(frozen=True, slots=True)
class Slice:
    """Some local days of a workspace, `[first, last]`."""

    workspace_id: int
    zone: ZoneInfo
    tags: Sequence[str]
    first: date
    last: date

    @property
    def edges(self) -> list[datetime]:
        """The instants at which the days begin, and the one at which the last ends."""
        days = (self.last - self.first).days + 2
        return [day_start(self.first + timedelta(days=n), self.zone) for n in range(days)]


def _comparison(
    table: str, key: Sequence[str], measures: Sequence[str], events: str, within: str, *, folds: str = ""
) -> str:
    """Return the statement that compares a table with what the events say.

    `folds` makes of the events' sums `by_value` and of the rows `there` what is compared, `e` and `r`.
    """
    names = ", ".join(key)
    wanted = ", ".join(_sum(name) for name in measures)
    by_value, there = ("by_value", "there") if folds else ("e", "r")
    missing = ", ".join(f"coalesce(e.{m}, 0) - coalesce(r.{m}, 0) AS {m}" for m in measures)
    differs = " OR ".join(f"coalesce(e.{m}, 0) <> coalesce(r.{m}, 0)" for m in measures)
    return (
        f"WITH {by_value} AS (SELECT {names}, {wanted} FROM ({events}) x GROUP BY {names}), "
        f"{there} AS (SELECT {names}, {', '.join(measures)} FROM {table} "
        f"WHERE workspace_id = $1 AND {within}){folds} "
        f"SELECT {names}, {missing} FROM e FULL JOIN r USING ({names}) WHERE {differs} ORDER BY {names}"
    )


def _sum(name: str) -> str:
    if name == "events":
        return "count(*) AS events"
    if name == "errors":
        return "count(*) FILTER (WHERE status = 'error') AS errors"
    return f"coalesce(sum({name}), 0)::{'numeric' if name == 'cost' else 'bigint'} AS {name}"


def _events(keys: str, measures: str, more: str = "") -> str:
    """Return the statement that reads the events of a slice as they hold now."""
    held = adjusted(EVENT_COLUMNS, within("$1", "$4", "$5"))
    return (
        f"SELECT {keys}, provider, model, price_status, billing, status, {measures} "
        f"FROM {held} events {more} WHERE workspace_id = $1 AND id_time >= $4 AND id_time <= $5 "
        "AND timestamp >= $2 AND timestamp < $3"
    )


_SUMMED = ", ".join(name for name in MEASURES if name not in ("events", "errors"))
_LOCAL_DAY = "$6::date + (width_bucket(timestamp, $7::timestamptz[]) - 1) AS day"
_BASE = "workspace_id, api_key_id, coalesce(environment, '') AS environment"

_TIER1 = _comparison(
    "rollup_15m",
    TIER1_KEY,
    MEASURES,
    _events(f"{_BASE}, date_bin('15 minutes', timestamp, {_EPOCH}) AS bucket", _SUMMED),
    "bucket >= $2 AND bucket < $3",
)
_DAY = _comparison(
    "rollup_day",
    DAY_KEY,
    MEASURES,
    _events(f"{_BASE}, {_LOCAL_DAY}", _SUMMED),
    "day BETWEEN $6::date AND $8::date",
)
_OWN_VALUES = ", ".join(f"('{name}', {'user_id' if name == 'user' else name})" for name in OWN)
_FOLDS = """
folds AS (
    SELECT dimension, day, kept, true AS folded, completed_at IS NULL AS unfinished FROM dimension_folds
    WHERE workspace_id = $1 AND day BETWEEN $6::date AND $8::date
),
kept AS (SELECT dimension, day, value FROM folds CROSS JOIN unnest(kept) AS own(value))
"""


def _with_folds(name: str, rows: str, when: str) -> str:
    """Return rows of tier 2 with the values that folded days do not keep added up as `(other)`."""
    beside = ", ".join(column for column in DIMENSION_KEY if column != "value")
    measures = ", ".join(BASIC_MEASURES)
    sums = ", ".join(f"sum({m})::{'numeric' if m == 'cost' else 'bigint'} AS {m}" for m in BASIC_MEASURES)
    value = f"CASE WHEN {when} AND kept.value IS NULL THEN '{OTHER}' ELSE value END"
    return (
        f"{name} AS (SELECT {beside}, value, {sums} FROM (SELECT {beside}, {value} AS value, {measures} "
        f"FROM {rows} LEFT JOIN folds USING (dimension, day) LEFT JOIN kept USING (dimension, day, value)"
        f") mapped GROUP BY {beside}, value)"
    )


_DIMENSION = _comparison(
    "rollup_dimension_day",
    DIMENSION_KEY,
    BASIC_MEASURES,
    _events(
        f"workspace_id, dimension, value, {_LOCAL_DAY}",
        "cost, input_tokens, output_tokens",
        f"JOIN LATERAL (VALUES {_OWN_VALUES} UNION ALL "
        f"SELECT '{TAG}' || t, tags ->> t FROM unnest($9::text[]) AS t) own(dimension, value) ON value <> ''",
    ),
    "day BETWEEN $6::date AND $8::date",
    # Until they are moved, rows of values that are not kept are part of `(other)`; then there are none.
    folds=", ".join(
        ("", _FOLDS, _with_folds("e", "by_value", "folded"), _with_folds("r", "there", "unfinished"))
    ),
)
_TABLES = {
    "rollup_15m": (_TIER1, TIER1_KEY, MEASURES, 5),
    "rollup_day": (_DAY, DAY_KEY, MEASURES, 8),
    "rollup_dimension_day": (_DIMENSION, DIMENSION_KEY, BASIC_MEASURES, 9),
}


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
    """Yield what `differences` returns, slice by slice; `left_out` hears of budgets not compared."""
    async for piece in _told(await _slices(pool, workspace_id), told):
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            found = [d for table in _TABLES for d in await _compare(connection, piece, table)]
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
    """
    mended = 0
    async for piece in _told(await _slices(pool, workspace_id), told):
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await _hold_spends(connection)
            for table in _TABLES:
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


async def _told(slices: Sequence[Slice], told: Progress) -> AsyncIterator[Slice]:
    """Yield the slices, and tell after each how many of them are done."""
    for number, piece in enumerate(slices):
        told(number, len(slices))
        yield piece
    told(len(slices), len(slices))


async def _hold_spends(connection: asyncpg.Connection) -> None:
    await connection.execute(_LIMITS)
    await connection.execute(TAKE_EXCLUSIVELY)


async def _workspaces(pool: asyncpg.Pool, workspace_id: int | None) -> list[int]:
    if workspace_id is not None:
        return [workspace_id]
    async with pool.acquire() as connection, connection.transaction():
        return [row["id"] for row in await connection.fetch("SELECT id FROM workspaces ORDER BY id")]


async def _slices(pool: asyncpg.Pool, workspace_id: int | None) -> list[Slice]:
    """Return the slices in which anything may lie: the months that have a partition, and a little around."""
    async with pool.acquire() as connection, connection.transaction():
        months = await list_months(connection)
        owners = await connection.fetch(_OWNERS, workspace_id)
        filled = [
            (owner, month)
            for owner in owners
            for month in months
            if await connection.fetchval(_ANYTHING, owner["id"], month - _MARGIN, month + _MARGIN + _MONTH)
        ]
    slices: dict[tuple[int, date], Slice] = {}
    for owner, month in filled:
        day = month - _MARGIN
        day -= timedelta(days=(day - date.min).days % _DAYS_AT_ONCE)
        while day <= month + _MARGIN + _MONTH:
            last = day + timedelta(days=_DAYS_AT_ONCE - 1)
            zone, tags = ZoneInfo(owner["timezone"]), owner["tag_dimensions"]
            slices[owner["id"], day] = Slice(owner["id"], zone, tags, day, last)
            day = last + timedelta(days=1)
    return [slices[key] for key in sorted(slices)]


_MARGIN = timedelta(days=3)
_MONTH = timedelta(days=31)
_OWNERS = """
SELECT id, timezone, tag_dimensions FROM workspaces WHERE $1::bigint IS NULL OR id = $1 ORDER BY id
"""
_ANYTHING = """
SELECT EXISTS (SELECT FROM cost_events WHERE workspace_id = $1 AND id_time >= $2::date AND id_time < $3::date)
    OR EXISTS (SELECT FROM rollup_15m WHERE workspace_id = $1 AND bucket >= $2::date AND bucket < $3::date)
    OR EXISTS (SELECT FROM rollup_day WHERE workspace_id = $1 AND day >= $2::date AND day < $3::date)
"""


async def _compare(connection: asyncpg.Connection, piece: Slice, table: str) -> list[Difference]:
    statement, key, measures, parameters = _TABLES[table]
    edges = piece.edges
    given = (
        piece.workspace_id,
        edges[0],
        edges[-1],
        edges[0] - STORED_ID_SKEW,
        edges[-1] + STORED_ID_SKEW,
        piece.first,
        edges[:-1],
        piece.last,
        list(piece.tags),
    )
    rows = await connection.fetch(statement, *given[:parameters])
    return [
        Difference(table, {name: row[name] for name in key}, {name: row[name] for name in measures})
        for row in rows
    ]


async def _apply(connection: asyncpg.Connection, table: str, found: Sequence[Difference]) -> None:
    await add_signed(connection, table, ((tuple(d.key.values()), tuple(d.missing.values())) for d in found))


async def _compare_budgets(
    connection: asyncpg.Connection, workspace_id: int, left_out: LeftOut
) -> list[Difference]:
    own = (await read_rules(connection, [workspace_id]))[workspace_id]
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
