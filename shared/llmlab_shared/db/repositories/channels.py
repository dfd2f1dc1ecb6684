"""Where a workspace is told of alerts: its channels. What they need to be reached is never logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.domain.notifications import (
    KEEP_TRYING_HOURS,
    WANTED_KINDS,
    ChannelKind,
    DeliveryStatus,
)

DEFAULT_NAME: Final = "Owner's e-mail"

_COLUMNS = """
c.id, c.name, c.kind, c.settings::text AS settings, c.kinds, c.paused_at, c.created_at,
last.id AS last_id, last.status AS last_status, last.last_error,
coalesce(last.sent_at, last.created_at) AS last_at
FROM notification_channels c LEFT JOIN LATERAL (
    SELECT id, status, last_error, sent_at, created_at FROM deliveries d
    WHERE d.channel_id = c.id ORDER BY d.id DESC LIMIT 1
) last ON true
"""
_LIST = text(f"""
SELECT {_COLUMNS} WHERE c.workspace_id = :workspace AND c.id > :after ORDER BY c.id LIMIT :limit
""")
_FIND = text(f"SELECT {_COLUMNS} WHERE c.workspace_id = :workspace AND c.id = :id")
_HOLD = text("SELECT FROM notification_channels WHERE workspace_id = :workspace AND id = :id FOR UPDATE")
_NAMES = text("SELECT name FROM notification_channels WHERE workspace_id = :workspace")
_LOCK_WORKSPACE = text("SELECT FROM workspaces WHERE id = :workspace FOR NO KEY UPDATE")
_INSERT = text("""
INSERT INTO notification_channels (workspace_id, name, kind, settings, kinds)
VALUES (:workspace, :name, :kind, CAST(:settings AS jsonb), :kinds) RETURNING id
""")
_UPDATE = text("""
UPDATE notification_channels SET name = coalesce(:name, name), kinds = coalesce(:kinds, kinds),
    settings = coalesce(CAST(:settings AS jsonb), settings),
    paused_at = CASE CAST(:paused AS boolean) WHEN true THEN coalesce(paused_at, now()) WHEN false THEN NULL
        ELSE paused_at END
WHERE workspace_id = :workspace AND id = :id
""")
_DELETE = text("DELETE FROM notification_channels WHERE workspace_id = :workspace AND id = :id")
# What waited longer than messages are tried for stays behind: the sweep of the workers says so.
_WAKE = text("""
UPDATE deliveries SET due_at = now() WHERE channel_id = :id AND status = 'waiting' AND due_at > now()
""")
_EXPIRE = text(f"""
UPDATE deliveries SET status = 'failed', last_error =
    'the channel was paused for over {KEEP_TRYING_HOURS} hours; resume it and retry this if it still matters'
WHERE channel_id = :id AND status = 'waiting' AND expires_at < now()
""")


@dataclass(frozen=True, slots=True)
class LastDelivery:
    """What became of the last thing that a channel was to be told; `at` is when it was sent, or begun."""

    id: int
    status: DeliveryStatus
    error: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel. `settings` hold secrets: they are masked before anybody sees them."""

    id: int
    name: str
    kind: ChannelKind
    settings: dict[str, Any]
    kinds: Sequence[str]
    paused_at: datetime | None
    created_at: datetime
    last: LastDelivery | None


async def list_channels(
    connection: AsyncConnection, workspace_id: int, *, after: int, limit: int
) -> list[Channel]:
    """Return a workspace's channels in the order of their making, beginning after an id."""
    asked = {"workspace": workspace_id, "after": after, "limit": limit}
    return [_channel(row) for row in await connection.execute(_LIST, asked)]


async def find_channel(connection: AsyncConnection, workspace_id: int, channel_id: int) -> Channel | None:
    """Return a workspace's channel, or None."""
    asked = {"workspace": workspace_id, "id": channel_id}
    row = (await connection.execute(_FIND, asked)).first()
    return None if row is None else _channel(row)


async def hold_channel(connection: AsyncConnection, workspace_id: int, channel_id: int) -> None:
    """Lock a channel, if there is one, until the transaction ends."""
    await connection.execute(_HOLD, {"workspace": workspace_id, "id": channel_id})


async def hold_names(connection: AsyncConnection, workspace_id: int) -> list[str]:
    """Return the names of a workspace's channels; none is added until the transaction ends."""
    await connection.execute(_LOCK_WORKSPACE, {"workspace": workspace_id})
    return [row.name for row in await connection.execute(_NAMES, {"workspace": workspace_id})]


async def insert_channel(
    connection: AsyncConnection,
    workspace_id: int,
    *,
    name: str,
    kind: ChannelKind,
    settings: Mapping[str, Any],
    kinds: Sequence[str],
) -> int:
    """Store a channel and return its id."""
    made = {
        "workspace": workspace_id,
        "name": name,
        "kind": kind,
        "settings": _json(settings),
        "kinds": list(kinds),
    }
    channel_id: int = (await connection.execute(_INSERT, made)).scalar_one()
    return channel_id


async def insert_owners_channel(connection: AsyncConnection, workspace_id: int, email: str) -> int:
    """Store the channel that a new workspace has: mail to its owner, of everything."""
    return await insert_channel(
        connection,
        workspace_id,
        name=DEFAULT_NAME,
        kind="email",
        settings={"to": [email]},
        kinds=WANTED_KINDS,
    )


async def update_channel(
    connection: AsyncConnection,
    workspace_id: int,
    channel_id: int,
    *,
    name: str | None = None,
    kinds: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    paused: bool | None = None,
) -> None:
    """Change what is given. What waits goes out at once when the channel is resumed or set anew."""
    changed = {
        "workspace": workspace_id,
        "id": channel_id,
        "name": name,
        "kinds": None if kinds is None else list(kinds),
        "settings": None if settings is None else _json(settings),
        "paused": paused,
    }
    await connection.execute(_UPDATE, changed)
    if paused is False:
        await connection.execute(_EXPIRE, {"id": channel_id})
    if paused is False or settings is not None:
        await connection.execute(_WAKE, {"id": channel_id})


async def delete_channel(connection: AsyncConnection, workspace_id: int, channel_id: int) -> bool:
    """Remove a channel with the log of its deliveries, and say whether there was one."""
    asked = {"workspace": workspace_id, "id": channel_id}
    return (await connection.execute(_DELETE, asked)).rowcount > 0


def _channel(row: Any) -> Channel:
    last = None
    if row.last_id is not None:
        last = LastDelivery(row.last_id, row.last_status, row.last_error, row.last_at)
    return Channel(
        id=row.id,
        name=row.name,
        kind=row.kind,
        settings=msgspec.json.decode(row.settings),
        kinds=tuple(row.kinds),
        paused_at=row.paused_at,
        created_at=row.created_at,
        last=last,
    )


def _json(settings: Mapping[str, Any]) -> str:
    return msgspec.json.encode(settings).decode()
