"""The rows of deliveries: who takes one, what became of it, when it is tried again.

A worker that takes a delivery holds a lease on it. While that runs nobody else takes it; when the worker
was killed it runs out, and the next sweep gives the delivery to another. Leases are on the database's
clock, so hosts need not agree on the time.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from llmlab_shared.domain.notifications import KEEP_TRYING_HOURS, ChannelKind

from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.verdict import TryLater

# An attempt ends within ATTEMPT_SECONDS, its job within JOB_SECONDS; then the lease has still not run out.
# Lease and sweep together are what a killed worker delays a delivery by: less than a minute.
ATTEMPT_SECONDS: Final = 20.0
JOB_SECONDS: Final = 30
LEASE_SECONDS: Final = 35
SWEEP_SECONDS: Final = 15
# Of one channel at a time; more would only be refused as too many, and one channel must leave room.
AT_ONCE_A_CHANNEL: Final = 4
# And of one workspace, however many channels it has: what sends is shared by all workspaces.
AT_ONCE_A_WORKSPACE: Final = 8
# After the first attempt, the second, …; the last one again and again until a day has passed.
PAUSES: Final = (10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
_JITTER: Final = 0.2
_LONGEST_WISH: Final = 6 * 3600.0
_MOST_REASON: Final = 500

# The workspace's row is the lock that makes leases countable. A test goes out of a paused channel too.
_TAKE = """
SELECT d.workspace_id, d.channel_id FROM deliveries d
JOIN outbox o ON o.id = d.outbox_id JOIN notification_channels c ON c.id = d.channel_id
JOIN workspaces w ON w.id = d.workspace_id
WHERE d.id = $1 AND d.status = 'waiting' AND d.due_at <= now() AND o.fanned_out_at IS NOT NULL
  AND (d.leased_until IS NULL OR d.leased_until < now()) AND (c.paused_at IS NULL OR o.kind = 'test')
FOR NO KEY UPDATE OF w FOR UPDATE OF d
"""
_LEASED = """
SELECT count(*) AS of_workspace, count(*) FILTER (WHERE channel_id = $2) AS of_channel FROM deliveries
WHERE workspace_id = $1 AND status = 'waiting' AND leased_until >= now()
"""
_LEASE = """
UPDATE deliveries d SET attempts = d.attempts + 1, leased_until = now() + make_interval(secs => $2)
FROM outbox o, notification_channels c
WHERE d.id = $1 AND o.id = d.outbox_id AND c.id = d.channel_id
RETURNING d.id, d.key, d.attempts, d.leased_until, d.reached, d.channel_id, d.workspace_id,
    o.id AS message_id, o.kind, o.payload::text AS payload, o.notice::text AS notice, o.created_at,
    c.kind AS channel_kind,
    c.name AS channel_name, c.settings::text AS settings,
    coalesce(o.notice ->> 'workspace', (SELECT name FROM workspaces WHERE id = d.workspace_id)) AS workspace
"""
# Only who holds the lease says what became of it: a late answer must not overrule who came after.
_MINE = "id = $1 AND status = 'waiting' AND leased_until = $2"
_SENT = f"""
UPDATE deliveries SET status = 'sent', sent_at = now(), leased_until = NULL, last_error = $3 WHERE {_MINE}
"""
_FAILED = f"UPDATE deliveries SET status = 'failed', leased_until = NULL, last_error = $3 WHERE {_MINE}"
_LATER = f"""
UPDATE deliveries SET
    status = CASE WHEN now() + make_interval(secs => $4) > expires_at THEN 'failed' ELSE 'waiting' END,
    due_at = now() + make_interval(secs => $4), leased_until = NULL, last_error = $3,
    reached = ARRAY(SELECT DISTINCT unnest(reached || $5::text[]))
WHERE {_MINE}
"""
# What else waits for a channel that may take nothing would only wait in vain, each in a place of its own.
_PUT_OFF = """
UPDATE deliveries SET due_at = now() + make_interval(secs => $2)
WHERE channel_id = $1 AND status = 'waiting' AND leased_until IS NULL
  AND due_at < now() + make_interval(secs => $2)
"""
# First of the channel that fewest are at, so that a long queue of one leaves room for the others.
_NEXT_OF_WORKSPACE = f"""
WITH leased AS (
    SELECT channel_id, count(*) AS leases FROM deliveries
    WHERE workspace_id = $1 AND status = 'waiting' AND leased_until >= now() GROUP BY channel_id
)
SELECT d.id FROM notification_channels c LEFT JOIN leased l ON l.channel_id = c.id
CROSS JOIN LATERAL (
    SELECT id FROM deliveries
    WHERE channel_id = c.id AND status = 'waiting' AND due_at <= now()
      AND (leased_until IS NULL OR leased_until < now())
    ORDER BY id LIMIT 1
) d
WHERE c.workspace_id = $1 AND c.paused_at IS NULL AND coalesce(l.leases, 0) < {AT_ONCE_A_CHANNEL}
ORDER BY coalesce(l.leases, 0), d.id LIMIT 1
"""
# A few of each channel, so that a long queue of one leaves room for the others.
_DUE = f"""
SELECT id, attempts FROM (
    SELECT d.id, d.attempts, row_number() OVER (PARTITION BY d.channel_id ORDER BY d.id) AS place
    FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id
    JOIN outbox o ON o.id = d.outbox_id
    WHERE d.status = 'waiting' AND d.due_at <= now() AND o.fanned_out_at IS NOT NULL
      AND (d.leased_until IS NULL OR d.leased_until < now()) AND (c.paused_at IS NULL OR o.kind = 'test')
) due
WHERE place <= {AT_ONCE_A_CHANNEL} ORDER BY place, id LIMIT 1000
"""
_EXPIRE_PAUSED = f"""
UPDATE deliveries d SET status = 'failed', last_error =
    'the channel was paused for over {KEEP_TRYING_HOURS} hours; resume it and retry this if it still matters'
FROM notification_channels c, outbox o
WHERE c.id = d.channel_id AND o.id = d.outbox_id AND d.status = 'waiting' AND d.expires_at < now()
  AND c.paused_at IS NOT NULL AND o.kind <> 'test' AND (d.leased_until IS NULL OR d.leased_until < now())
"""


class Due(NamedTuple):
    """A delivery to be sent now, and how often it was tried."""

    id: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery in the hands of whoever sends it now: `lease` is theirs, `key` the same at every attempt."""

    id: int
    key: UUID
    lease: datetime
    attempts: int
    reached: Sequence[str]
    channel_id: int
    channel_kind: ChannelKind
    channel_name: str
    settings: dict[str, Any]
    workspace_id: int
    workspace: str
    message_id: int
    kind: str
    payload: dict[str, Any]
    notice: Notice
    created_at: datetime


async def take(pool: asyncpg.Pool, delivery_id: int) -> Parcel | None:
    """Take a delivery that is due, with a lease.

    None when it is not, when others are at it, or when enough are at its channel or its workspace.
    """
    async with pool.acquire() as connection, connection.transaction():
        due = await connection.fetchrow(_TAKE, delivery_id)
        if due is None:
            return None
        leased = await connection.fetchrow(_LEASED, due["workspace_id"], due["channel_id"])
        if leased["of_workspace"] >= AT_ONCE_A_WORKSPACE or leased["of_channel"] >= AT_ONCE_A_CHANNEL:
            return None
        row = await connection.fetchrow(_LEASE, delivery_id, float(LEASE_SECONDS))
    return Parcel(
        id=row["id"],
        key=row["key"],
        lease=row["leased_until"],
        attempts=row["attempts"],
        reached=tuple(row["reached"]),
        channel_id=row["channel_id"],
        channel_kind=row["channel_kind"],
        channel_name=row["channel_name"],
        settings=msgspec.json.decode(row["settings"]),
        workspace_id=row["workspace_id"],
        workspace=row["workspace"] or "",
        message_id=row["message_id"],
        kind=row["kind"],
        payload=msgspec.json.decode(row["payload"]),
        notice=msgspec.json.decode(row["notice"], type=Notice),
        created_at=row["created_at"],
    )


async def mark_sent(pool: asyncpg.Pool, parcel: Parcel, remark: str | None) -> None:
    """Record that the receiver took it; `remark` is what must be known all the same."""
    await _execute(pool, _SENT, parcel.id, parcel.lease, _shortened(remark))


async def mark_failed(pool: asyncpg.Pool, parcel: Parcel, reason: str) -> None:
    """Record that it will not be tried again, and why."""
    await _execute(pool, _FAILED, parcel.id, parcel.lease, _shortened(reason))


async def put_off(pool: asyncpg.Pool, parcel: Parcel, later: TryLater) -> None:
    """Record why it did not go through, and try again later; after a day it has failed.

    What else waits for the channel waits a moment too, unless the receiver said for how long it takes
    nothing: what failed many times may be the only message that the receiver cannot take.
    """
    pause = pause_after(parcel.attempts, later.after)
    of_others = pause if later.whole_channel else pause_after(1)
    reason, reached = _shortened(later.reason), list(later.reached)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_LATER, parcel.id, parcel.lease, reason, pause, reached)
        await connection.execute(_PUT_OFF, parcel.channel_id, of_others)


def pause_after(attempts: int, wish: float | None = None) -> float:
    """Return how many seconds to wait after so many attempts, at least as long as the receiver wishes."""
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    # So that what failed together does not come back together.
    pause *= random.uniform(1 - _JITTER, 1 + _JITTER)
    return max(pause, min(wish or 0.0, _LONGEST_WISH))


async def next_of_workspace(pool: asyncpg.Pool, workspace_id: int) -> int | None:
    """Return the delivery of a workspace that is due, that nobody is at, and whose turn it is."""
    async with pool.acquire() as connection:
        found: int | None = await connection.fetchval(_NEXT_OF_WORKSPACE, workspace_id)
    return found


async def due(pool: asyncpg.Pool) -> list[Due]:
    """Return the deliveries that are due and that nobody is at, a few of each channel."""
    async with pool.acquire() as connection:
        await connection.execute(_EXPIRE_PAUSED)
        return [Due(*row) for row in await connection.fetch(_DUE)]


async def _execute(pool: asyncpg.Pool, query: str, *arguments: Any) -> None:
    async with pool.acquire() as connection:
        await connection.execute(query, *arguments)


def _shortened(reason: str | None) -> str | None:
    if reason is None:
        return None
    # Receivers answer what they like: NUL, HTML, megabytes.
    line = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return line if len(line) <= _MOST_REASON else line[: _MOST_REASON - 1] + "…"
