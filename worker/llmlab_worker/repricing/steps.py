"""One step of a repricing: the next events priced anew, in a transaction that is true by itself.

A step holds the spend lock shared, as a spend does, so that the prices it used are those in force; and a
lock of its workspace, so that two repricings never meet at an event. How far the repricing is moves in
the same transaction: a process may die anywhere, and another goes on behind the last step.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions import PostgresError
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.domain.repricing import Selection
from llmlab_shared.log import get_logger

from llmlab_worker.pipeline.faults import is_data_error, is_outage
from llmlab_worker.pipeline.reference import Prepared, Reference
from llmlab_worker.repricing.changes import Change, Changes
from llmlab_worker.repricing.recompute import recompute
from llmlab_worker.repricing.states import state_in
from llmlab_worker.repricing.windows import (
    Place,
    Window,
    count_events,
    count_undone,
    read_undone,
    read_window,
)

# A step that stops inside its transaction must not hold spends longer than this.
_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL lock_timeout = '10s'"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('llmlab repricing ' || $1::bigint, 0))"
_OPEN: Final = ("queued", "running")

_FIND = """
SELECT id, workspace_id, kind, dry_run, selection::text AS selection, undoes, status, expected,
       after_id_time, after_id
FROM repricings WHERE id = $1
"""
_EXPECT = """
UPDATE repricings SET expected = $2, status = 'running', started_at = coalesce(started_at, now()),
       alive_at = now()
WHERE id = $1 AND status IN ('queued', 'running')
"""
_ADVANCE = """
UPDATE repricings
SET seen = seen + $2, changed = changed + $3, skipped = skipped + $4, difference = difference + $8,
    alive_at = now(),
    after_id_time = coalesce($5, after_id_time), after_id = coalesce($6, after_id),
    status = CASE WHEN $7 THEN 'done' ELSE 'running' END, finished_at = CASE WHEN $7 THEN now() END
WHERE id = $1
"""
_FAIL = """
UPDATE repricings SET status = 'failed', error = $2, finished_at = now()
WHERE id = $1 AND status IN ('queued', 'running')
"""
# What came by itself and changed nothing is not worth telling.
_FORGET = "DELETE FROM repricings WHERE id = $1 AND kind = 'unpriced' AND status = 'done' AND changed = 0"

log = get_logger(__name__)


class EpochMoved(Exception):
    """Prices or budgets changed since they were read: read them anew."""


class _Job(NamedTuple):
    id: int
    workspace_id: int
    kind: Any
    dry_run: bool
    selection: Selection
    undoes: int | None
    status: str
    expected: int | None
    after: Place | None


async def advance(pool: asyncpg.Pool, reference: Reference, repricing_id: int) -> bool:
    """Do one step and return whether the repricing is at its end.

    Raises only what is not the repricing's fault (the database is away); then call it again. What is its
    fault ends it as `failed`, with the steps before staying done.
    """
    async with pool.acquire() as connection:
        job = await _find(connection, repricing_id)
        if job is None or job.status not in _OPEN:
            return True
        try:
            if job.expected is None:
                await _begin(connection, job)
            while True:
                async with reference.prepared(connection, [job.workspace_id]) as prepared:
                    try:
                        return await _step(connection, reference, prepared, job)
                    except EpochMoved:
                        reference.outdated(prepared.epochs)
        except Exception as error:
            if is_outage(error) or (isinstance(error, PostgresError) and not is_data_error(error)):
                raise
            log.error("repricing_failed", repricing=repricing_id, exc_info=error)
            async with connection.transaction():
                await connection.execute(_FAIL, repricing_id, f"{type(error).__name__}: {error}"[:500])
            return True


async def _begin(connection: asyncpg.Connection, job: _Job) -> None:
    async with connection.transaction(isolation="read_committed"):
        if job.undoes is not None:
            expected = await count_undone(connection, job.undoes)
        else:
            expected = await count_events(connection, job.workspace_id, job.selection)
        await connection.execute(_EXPECT, job.id, expected)


async def _step(
    connection: asyncpg.Connection, reference: Reference, prepared: Prepared, asked: _Job
) -> bool:
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(_LIMITS)
        if await enter_spend(connection) != prepared.epochs:
            raise EpochMoved
        await connection.execute(_ALONE, asked.workspace_id)
        # How far it is now: another process may have done steps since.
        job = await _find(connection, asked.id, lock=True)
        if job is None or job.status not in _OPEN:
            return True
        window, changes, skipped = await _look(connection, reference, job)
        difference = Decimal(0)
        if changes:
            made = Changes(job.workspace_id, prepared.rules[job.workspace_id], changes)
            if not job.dry_run:
                await made.write(connection, job.id, await prepared.find_folds(made.days()))
            difference = await made.record(connection, job.id)
        last = window.last or Place(None, None)  # type: ignore[arg-type] # nowhere to go on
        done = window.last is None
        await connection.execute(
            _ADVANCE, job.id, window.seen, len(changes), skipped, last.id_time, last.id, done, difference
        )
        if done:
            await connection.execute(_FORGET, job.id)
        return done


async def _look(
    connection: asyncpg.Connection, reference: Reference, job: _Job
) -> tuple[Window, list[Change], int]:
    """Return the next window, what is to be changed in it, and how many events could not be undone."""
    if job.undoes is not None:
        window = await read_undone(connection, job.undoes, job.after)
        changes = [
            Change(row, state_in(row, "now_"), state_in(row, "then_")) for row in window.rows if row["last"]
        ]
        return window, changes, len(window.rows) - len(changes)
    window = await read_window(connection, job.workspace_id, job.kind, job.selection, job.after)
    changes = []
    for row in window.rows:
        now = state_in(row, "now_")
        then = recompute(reference.calculator, job.workspace_id, row, now, job.selection.counts)
        if not now.tells_the_same(then):
            changes.append(Change(row, now, then))
    return window, changes, 0


async def _find(connection: asyncpg.Connection, repricing_id: int, *, lock: bool = False) -> _Job | None:
    row = await connection.fetchrow(_FIND + ("FOR UPDATE" if lock else ""), repricing_id)
    if row is None:
        return None
    identifier: UUID | None = row["after_id"]
    return _Job(
        id=row["id"],
        workspace_id=row["workspace_id"],
        kind=row["kind"],
        dry_run=row["dry_run"],
        selection=msgspec.json.decode(row["selection"], type=Selection),
        undoes=row["undoes"],
        status=row["status"],
        expected=row["expected"],
        after=None if identifier is None else Place(row["after_id_time"], identifier),
    )
