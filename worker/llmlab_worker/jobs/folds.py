"""Keeping tier 2 small: a day's dimension with too many values keeps the dearest, the rest is `(other)`.

A fold has two parts. It is *marked* by one row of `dimension_folds` with the values that are kept; the row
becomes visible while no spend is in flight, and the epoch moves with it, so that every spend after it adds
to kept values and to `(other)` only. That takes the spend lock alone for no longer than a commit. Then what
the other values had before is *moved* to `(other)`, some thousand rows a transaction, beside running
spends: nobody writes those rows any more. Until that is complete, reading takes them for `(other)`. So
every sum is right at every commit, and a process that dies in the midst leaves work for the next run.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.clock import now
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.domain.dimensions import OTHER, OWN, TAG
from llmlab_shared.domain.zones import day_start
from llmlab_shared.log import get_logger
from llmlab_shared.spend_lock import bump, take_exclusively

from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.folds import Place
from llmlab_worker.pipeline.rollups import DIMENSION_KEY
from llmlab_worker.pipeline.sums import BASIC_MEASURES

# While a day lasts nobody knows who will be the dearest of it, so it may hold more before it is folded.
OPEN_FACTOR = 10
# Most of what comes late comes within this time of a day's end.
_SETTLES = timedelta(hours=6)
_RECENT = timedelta(days=3)
_AHEAD = timedelta(days=2)
_OLDER_IN = 7
_WORKSPACES_AT_ONCE = 100
_MARKED_AT_ONCE = 10
STEP = 5000

_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL lock_timeout = '10s'"

# A day's dimension has no more values than the day has events.
_BUSY = """
SELECT w.id, w.timezone, w.tag_dimensions, ARRAY(
    SELECT day FROM rollup_day r
    WHERE r.workspace_id = w.id AND day BETWEEN $3 AND $4 AND (day - DATE '2000-01-01') % $5 = $6
    GROUP BY day HAVING sum(events) > $7
) AS days
FROM (SELECT * FROM workspaces WHERE id > $1 ORDER BY id LIMIT $2) w ORDER BY w.id
"""
_OVERFULL = f"""
SELECT dimension FROM unnest($3::text[]) AS asked(dimension)
WHERE NOT EXISTS (
    SELECT FROM dimension_folds f
    WHERE f.workspace_id = $1 AND f.day = $2 AND f.dimension = asked.dimension
) AND (
    SELECT count(*) FROM (
        SELECT DISTINCT value FROM rollup_dimension_day r
        WHERE r.workspace_id = $1 AND r.day = $2 AND r.dimension = asked.dimension
            AND value <> '{OTHER}'
        LIMIT $4 + 1
    ) own
) > $4
"""
_DEAREST = f"""
SELECT value FROM rollup_dimension_day
WHERE workspace_id = $1 AND day = $2 AND dimension = $3 AND value <> '{OTHER}'
GROUP BY value ORDER BY sum(cost) DESC, sum(input_tokens + output_tokens) DESC, sum(events) DESC, value
LIMIT $4
"""
_MARK = """
INSERT INTO dimension_folds (workspace_id, day, dimension, kept) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING dimension
"""
_UNFINISHED = """
SELECT workspace_id, day, dimension FROM dimension_folds WHERE completed_at IS NULL ORDER BY folded_at
"""
_KEPT = "SELECT kept FROM dimension_folds WHERE workspace_id = $1 AND day = $2 AND dimension = $3"
_LAST_OF_STEP = """
SELECT max(value) FROM (
    SELECT value FROM rollup_dimension_day
    WHERE workspace_id = $1 AND day = $2 AND dimension = $3 AND value > $4 ORDER BY value LIMIT $5
) step
"""
_COMPLETED = """
UPDATE dimension_folds SET completed_at = now()
WHERE workspace_id = $1 AND day = $2 AND dimension = $3 AND completed_at IS NULL
"""
_KEY = ", ".join(DIMENSION_KEY)
_NAMES = ", ".join((*DIMENSION_KEY, *BASIC_MEASURES))
_SUMMED = ", ".join(f"sum({name})" for name in BASIC_MEASURES)
_ADDED = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in BASIC_MEASURES)
_BESIDE = ", ".join(name for name in DIMENSION_KEY if name not in ("dimension", "value"))
# The rows of `(other)` in the order in which writers take them, whatever the database's collation is.
_MOVE = f"""
WITH moved AS (
    DELETE FROM rollup_dimension_day
    WHERE workspace_id = $1 AND day = $2 AND dimension = $3 AND value > $4 AND value <= $5
        AND value <> ALL ($6::text[])
    RETURNING *
)
INSERT INTO rollup_dimension_day AS r ({_NAMES})
SELECT {_BESIDE}, dimension, '{OTHER}', {_SUMMED} FROM moved GROUP BY {_BESIDE}, dimension
ORDER BY provider COLLATE "C", model COLLATE "C", price_status COLLATE "C", billing COLLATE "C"
ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Days:
    """Which days to look at: local dates, one in `every` of them (`turn` says which), over or still open."""

    first: date
    last: date
    is_open: bool
    every: int = 1
    turn: int = 0


async def fold_busy_days(ctx: dict[str, Any]) -> int:
    """Fold what has far too many values before its day is over; return how many folds were made."""
    today = now().date()
    return await _fold(ctx, Days(today - _RECENT, today + _AHEAD, is_open=True))


async def fold_recent_days(ctx: dict[str, Any]) -> int:
    """Fold what has too many values on the days that ended lately; return how many folds were made."""
    today = now().date()
    return await _fold(ctx, Days(today - _RECENT, today, is_open=False))


async def fold_older_days(ctx: dict[str, Any]) -> int:
    """Do the same for all days before, each once a week: late events may have filled them."""
    today = now().date()
    turn = today.toordinal() % _OLDER_IN
    return await _fold(ctx, Days(date.min, today - _RECENT, is_open=False, every=_OLDER_IN, turn=turn))


async def _fold(ctx: dict[str, Any], days: Days) -> int:
    runtime = runtime_of(ctx)
    return await fold(runtime.pool, runtime.values_a_day, days, now())


async def fold(pool: asyncpg.Pool, values_a_day: int, days: Days, at: datetime) -> int:
    """Fold what has too many values as of an instant, and complete what was marked before.

    Returns how many folds were made. Safe to run twice at once, and beside everything else.
    """
    made = 0
    due: list[Place] = []
    async for place in find_overfull(pool, values_a_day, days, at):
        due.append(place)
        if len(due) == _MARKED_AT_ONCE:
            made += await mark(pool, due, values_a_day)
            due.clear()
    made += await mark(pool, due, values_a_day)
    async with pool.acquire() as connection, connection.transaction():
        unfinished = [Place(*row) for row in await connection.fetch(_UNFINISHED)]
    for place in unfinished:
        await complete(pool, place)
    return made


async def find_overfull(
    pool: asyncpg.Pool, values_a_day: int, days: Days, at: datetime
) -> AsyncIterator[Place]:
    """Yield what has more values than it may and is not folded, looking a few rows at a time."""
    most = values_a_day * (OPEN_FACTOR if days.is_open else 1)
    after = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            asked = (after, _WORKSPACES_AT_ONCE, days.first, days.last, days.every, days.turn, most)
            workspaces = await connection.fetch(_BUSY, *asked)
        for workspace_id, timezone, tags, busy in workspaces:
            dimensions = [*OWN, *(TAG + tag for tag in tags)]
            for day in sorted(busy):
                if _is_open(day, ZoneInfo(timezone), at) != days.is_open:
                    continue
                async with pool.acquire() as connection, connection.transaction():
                    found = await connection.fetch(_OVERFULL, workspace_id, day, dimensions, most)
                for (dimension,) in found:
                    yield Place(workspace_id, day, dimension)
        if len(workspaces) < _WORKSPACES_AT_ONCE:
            return
        after = workspaces[-1]["id"]


def _is_open(day: date, zone: ZoneInfo, at: datetime) -> bool:
    return at < day_start(day + timedelta(days=1), zone) + _SETTLES


async def mark(pool: asyncpg.Pool, places: Sequence[Place], values_a_day: int) -> int:
    """Decide what these places keep, from now on and for good; return how many were not folded before."""
    if not places:
        return 0
    kept = []
    for place in places:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_DEAREST, *place, values_a_day)
        kept.append([row["value"] for row in rows])
    async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
        await connection.execute(_LIMITS)
        made = [
            place
            for place, values in zip(places, kept, strict=True)
            if await connection.fetchval(_MARK, *place, values)
        ]
        if made:
            # Only now, so that spends wait for nothing but the commit.
            await take_exclusively(connection)
            await bump(connection, "budgets")
    for place in made:
        log.info("folded", workspace_id=place.workspace_id, day=str(place.day), dimension=place.dimension)
    return len(made)


async def complete(pool: asyncpg.Pool, place: Place) -> None:
    """Move what values that are not kept had before to `(other)`, step by step."""
    async with pool.acquire() as connection, connection.transaction():
        stay = [*await connection.fetchval(_KEPT, *place), OTHER]
    after = ""
    while True:
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            await connection.execute(_LIMITS)
            # As a spend, so that a rebuild, which holds the lock alone, sees no row on its way.
            await enter_spend(connection)
            last = await connection.fetchval(_LAST_OF_STEP, *place, after, STEP)
            if last is None:
                await connection.execute(_COMPLETED, *place)
                return
            await connection.execute(_MOVE, *place, after, last, stay)
        after = last
