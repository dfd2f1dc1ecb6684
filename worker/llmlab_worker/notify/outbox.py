"""From messages to deliveries: what waits in the outbox is worded, and sent on to the channels that want it.

Some messages at a time, in one short transaction: their words and their deliveries stand together or not at
all. What waits is taken from all workspaces in turn, so that many messages of one hold up no other.
"""

from dataclasses import asdict
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from llmlab_worker.notify.deliveries import AT_ONCE_A_CHANNEL, Due
from llmlab_worker.notify.kinds import notice_of
from llmlab_worker.notify.notice import Workspace

AT_ONCE: Final = 100

# Two workers at once take different messages.
_NEXT = f"""
SELECT o.id, o.workspace_id, o.kind, o.payload::text AS payload, w.name
FROM outbox o LEFT JOIN workspaces w ON w.id = o.workspace_id
WHERE o.fanned_out_at IS NULL AND o.id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY workspace_id ORDER BY id) AS place
        FROM outbox WHERE fanned_out_at IS NULL
    ) waiting ORDER BY place, id LIMIT {AT_ONCE}
)
ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
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
WHERE o.id = ANY ($1) ORDER BY o.id, c.id
ON CONFLICT DO NOTHING
"""
_DONE = """
UPDATE outbox o SET fanned_out_at = now(), notice = said.notice::jsonb
FROM unnest($1::bigint[], $2::text[]) AS said(id, notice) WHERE o.id = said.id
"""
# The first of each channel; whoever has sent one goes on with the next.
_TO_SEND = f"""
SELECT id, attempts FROM (
    SELECT id, attempts, row_number() OVER (PARTITION BY channel_id ORDER BY id) AS place
    FROM deliveries WHERE outbox_id = ANY ($1) AND status = 'waiting'
) made WHERE place <= {AT_ONCE_A_CHANNEL} ORDER BY place, id
"""


class FannedOut(NamedTuple):
    """How many messages were worded, and which of their deliveries to begin with."""

    messages: int
    due: list[Due]


async def fan_out(pool: asyncpg.Pool, public_url: str | None) -> FannedOut:
    """Word some of the messages that wait and make their deliveries."""
    async with pool.acquire() as connection, connection.transaction():
        messages = await connection.fetch(_NEXT)
        if not messages:
            return FannedOut(0, [])
        ids = [message["id"] for message in messages]
        await connection.execute(_DELIVERIES, ids)
        await connection.execute(_DONE, ids, [_words(message, public_url) for message in messages])
        return FannedOut(len(ids), [Due(*row) for row in await connection.fetch(_TO_SEND, ids)])


def _words(message: asyncpg.Record, public_url: str | None) -> str:
    """Return the notice of a message as it is kept, and of which workspace it speaks."""
    payload: dict[str, Any] = msgspec.json.decode(message["payload"])
    # A workspace's name is the user's own text; so is whatever else a notice holds.
    name = message["name"] or f"Workspace {message['workspace_id']}"
    notice = notice_of(message["kind"], payload, Workspace(name, public_url))
    return msgspec.json.encode({**asdict(notice), "workspace": name}).decode()
