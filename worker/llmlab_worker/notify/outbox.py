"""From messages to deliveries: what waits in the outbox is worded, and sent on to the channels that want it.

One short transaction for each message: its words and its deliveries stand together or not at all, and a
message that cannot be handled does not hold up the next.
"""

from dataclasses import asdict
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from llmlab_shared.domain.zones import find_zone

from llmlab_worker.notify.deliveries import Due
from llmlab_worker.notify.kinds import notice_of
from llmlab_worker.notify.notice import Workspace

_AT_ONCE: Final = 500

# Two workers at once take different messages.
_NEXT = """
SELECT o.id, o.workspace_id, o.kind, o.payload::text AS payload, w.name, w.timezone
FROM outbox o LEFT JOIN workspaces w ON w.id = o.workspace_id
WHERE o.fanned_out_at IS NULL ORDER BY o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED
"""
# A channel that is named gets the message whatever it wants otherwise. Where those that were named are
# all gone, it goes where messages go that name none: somebody has to hear it. An empty list is nobody.
_DELIVERIES = """
INSERT INTO deliveries (outbox_id, channel_id, workspace_id)
SELECT o.id, c.id, o.workspace_id
FROM outbox o JOIN notification_channels c ON c.workspace_id = o.workspace_id
    AND CASE WHEN o.channels IS NULL OR (o.channels <> '{}' AND NOT EXISTS (
        SELECT FROM notification_channels n WHERE n.workspace_id = o.workspace_id AND n.id = ANY (o.channels)
    )) THEN o.kind = ANY (c.kinds) ELSE c.id = ANY (o.channels) END
WHERE o.id = $1
ON CONFLICT DO NOTHING
"""
_DONE = "UPDATE outbox SET fanned_out_at = now(), notice = $2::jsonb WHERE id = $1"
_OF_MESSAGE = "SELECT id, attempts FROM deliveries WHERE outbox_id = $1 AND status = 'waiting' ORDER BY id"


async def fan_out(pool: asyncpg.Pool, public_url: str | None) -> list[Due]:
    """Word every waiting message and make its deliveries; return the deliveries that wait to be sent."""
    made: list[Due] = []
    for _ in range(_AT_ONCE):
        async with pool.acquire() as connection, connection.transaction():
            message = await connection.fetchrow(_NEXT)
            if message is None:
                break
            made += await _fan_out(connection, message, public_url)
    return made


async def _fan_out(
    connection: asyncpg.Connection, message: asyncpg.Record, public_url: str | None
) -> list[Due]:
    payload: dict[str, Any] = msgspec.json.decode(message["payload"])
    # A workspace's name is the user's own text; so is whatever else a notice holds.
    name = message["name"] or f"Workspace {message['workspace_id']}"
    zone = find_zone(message["timezone"]) if message["timezone"] else ZoneInfo("UTC")
    notice = notice_of(message["kind"], payload, Workspace(name, zone, public_url))
    await connection.execute(_DELIVERIES, message["id"])
    await connection.execute(_DONE, message["id"], msgspec.json.encode(asdict(notice)).decode())
    return [Due(*row) for row in await connection.fetch(_OF_MESSAGE, message["id"])]
