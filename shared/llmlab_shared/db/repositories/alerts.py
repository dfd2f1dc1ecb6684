"""What a workspace was told, and what became of it on its way: alerts and their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.domain.notifications import (
    KEEP_TRYING_HOURS,
    TEST,
    ChannelKind,
    DeliveryStatus,
    MessageKind,
)

_ALERT = """
SELECT id, kind, payload::text AS payload, notice::text AS notice, created_at,
    acknowledged_at, acknowledged_by
FROM outbox
"""
_LIST = text(f"""
{_ALERT} WHERE workspace_id = :workspace AND kind = ANY (:kinds)
    AND (CAST(:before AS bigint) IS NULL OR id < :before)
    AND (CAST(:acknowledged AS boolean) IS NULL OR (acknowledged_at IS NOT NULL) = :acknowledged)
    AND (CAST(:budget AS bigint) IS NULL
         OR payload @> jsonb_build_object('budget_id', CAST(:budget AS bigint)))
ORDER BY id DESC LIMIT :limit
""")
_FIND = text(f"{_ALERT} WHERE workspace_id = :workspace AND id = :id AND kind <> '{TEST}'")
# The first to acknowledge it has done so. Locked in order: two who acknowledge the same never deadlock.
_ACKNOWLEDGE = text(f"""
UPDATE outbox SET acknowledged_at = now(), acknowledged_by = :actor
WHERE id IN (
    SELECT id FROM outbox
    WHERE workspace_id = :workspace AND id = ANY (:ids) AND acknowledged_at IS NULL AND kind <> '{TEST}'
    ORDER BY id FOR UPDATE
)
RETURNING id
""")
_KNOWN = text(f"""
SELECT id FROM outbox WHERE workspace_id = :workspace AND id = ANY (:ids) AND kind <> '{TEST}'
""")
_DELIVERY = """
SELECT d.id, d.outbox_id AS alert_id, o.kind, o.notice ->> 'title' AS title, d.channel_id,
    c.name AS channel_name, c.kind AS channel_kind, c.paused_at IS NOT NULL AND o.kind <> 'test' AS paused,
    d.status, d.attempts, d.due_at, d.last_error, d.sent_at, d.created_at
FROM deliveries d JOIN outbox o ON o.id = d.outbox_id JOIN notification_channels c ON c.id = d.channel_id
"""
_DELIVERIES_OF = text(f"{_DELIVERY} WHERE d.outbox_id = ANY (:alerts) ORDER BY d.id")
_DELIVERIES = text(f"""
{_DELIVERY} WHERE d.workspace_id = :workspace
    AND (CAST(:before AS bigint) IS NULL OR d.id < :before)
    AND (CAST(:status AS text) IS NULL OR d.status = :status)
    AND (CAST(:channel AS bigint) IS NULL OR d.channel_id = :channel)
    AND (CAST(:alert AS bigint) IS NULL OR d.outbox_id = :alert)
ORDER BY d.id DESC LIMIT :limit
""")
_FIND_DELIVERY = text(f"{_DELIVERY} WHERE d.workspace_id = :workspace AND d.id = :id")
_RETRY = text(f"""
UPDATE deliveries SET status = 'waiting', due_at = now(),
    attempts = CASE status WHEN 'failed' THEN 0 ELSE attempts END,
    expires_at = now() + interval '{KEEP_TRYING_HOURS} hours'
WHERE workspace_id = :workspace AND id = :id AND status <> 'sent'
""")
_TEST_MESSAGE = text("""
INSERT INTO outbox (workspace_id, kind, payload, channels)
VALUES (:workspace, 'test', CAST(:payload AS jsonb), ARRAY[CAST(:channel AS bigint)]) RETURNING id
""")
# Here already, so that whoever tests has something to ask after; the workers word the message and send it.
_TEST_DELIVERY = text("""
INSERT INTO deliveries (outbox_id, channel_id, workspace_id) VALUES (:message, :channel, :workspace)
RETURNING id
""")
_TESTS = text("""
SELECT count(*) FROM deliveries d JOIN outbox o ON o.id = d.outbox_id
WHERE d.channel_id = :channel AND o.kind = 'test' AND d.created_at > now() - interval '1 minute'
""")


@dataclass(frozen=True, slots=True)
class Alert:
    """A message. `notice` is what it says, null in the moments before it is put into words."""

    id: int
    kind: MessageKind
    payload: dict[str, Any]
    notice: dict[str, Any] | None
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message's way to a channel; `due_at` is when it is tried next, `paused` says that it is not."""

    id: int
    alert_id: int
    kind: MessageKind
    title: str | None
    channel_id: int
    channel_name: str
    channel_kind: ChannelKind
    paused: bool
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    last_error: str | None
    sent_at: datetime | None
    created_at: datetime


async def list_alerts(
    connection: AsyncConnection,
    workspace_id: int,
    *,
    kinds: Sequence[str],
    acknowledged: bool | None,
    budget_id: int | None,
    before: int | None,
    limit: int,
) -> list[Alert]:
    """Return a workspace's messages of these kinds, newest first, beginning before an id."""
    asked = {
        "workspace": workspace_id,
        "kinds": list(kinds),
        "acknowledged": acknowledged,
        "budget": budget_id,
        "before": before,
        "limit": limit,
    }
    return [_alert(row) for row in await connection.execute(_LIST, asked)]


async def find_alert(connection: AsyncConnection, workspace_id: int, alert_id: int) -> Alert | None:
    """Return a workspace's alert, or None."""
    row = (await connection.execute(_FIND, {"workspace": workspace_id, "id": alert_id})).first()
    return None if row is None else _alert(row)


async def acknowledge(
    connection: AsyncConnection, workspace_id: int, ids: Sequence[int], actor: str
) -> list[int]:
    """Acknowledge alerts; return those that were not: what is acknowledged already stays as it is."""
    asked = {"workspace": workspace_id, "ids": list(ids), "actor": actor}
    return sorted(await connection.scalars(_ACKNOWLEDGE, asked))


async def known_alerts(connection: AsyncConnection, workspace_id: int, ids: Sequence[int]) -> set[int]:
    """Return which of these ids are of a workspace's alerts."""
    return set(await connection.scalars(_KNOWN, {"workspace": workspace_id, "ids": list(ids)}))


async def deliveries_of(connection: AsyncConnection, alerts: Sequence[int]) -> dict[int, list[Delivery]]:
    """Return the deliveries of some of a workspace's messages, by message."""
    found: dict[int, list[Delivery]] = {alert: [] for alert in alerts}
    for row in await connection.execute(_DELIVERIES_OF, {"alerts": list(alerts)}):
        found[row.alert_id].append(Delivery(*row))
    return found


async def list_deliveries(
    connection: AsyncConnection,
    workspace_id: int,
    *,
    status: str | None,
    channel_id: int | None,
    alert_id: int | None,
    before: int | None,
    limit: int,
) -> list[Delivery]:
    """Return a workspace's deliveries, newest first, beginning before an id."""
    asked = {
        "workspace": workspace_id,
        "status": status,
        "channel": channel_id,
        "alert": alert_id,
        "before": before,
        "limit": limit,
    }
    return [Delivery(*row) for row in await connection.execute(_DELIVERIES, asked)]


async def find_delivery(connection: AsyncConnection, workspace_id: int, delivery_id: int) -> Delivery | None:
    """Return a workspace's delivery, or None."""
    asked = {"workspace": workspace_id, "id": delivery_id}
    row = (await connection.execute(_FIND_DELIVERY, asked)).first()
    return None if row is None else Delivery(*row)


async def retry(connection: AsyncConnection, workspace_id: int, delivery_id: int) -> None:
    """Let a delivery that is not sent be tried now, and for another day."""
    await connection.execute(_RETRY, {"workspace": workspace_id, "id": delivery_id})


async def count_recent_tests(connection: AsyncConnection, channel_id: int) -> int:
    """Return how often a channel was tested in the last minute."""
    count: int = (await connection.execute(_TESTS, {"channel": channel_id})).scalar_one()
    return count


async def insert_test(connection: AsyncConnection, workspace_id: int, channel_id: int, sent_by: str) -> int:
    """Store a test of a channel with its delivery, and return the delivery's id."""
    payload = msgspec.json.encode({"channel_id": channel_id, "sent_by": sent_by}).decode()
    made = {"workspace": workspace_id, "channel": channel_id, "payload": payload}
    message: int = (await connection.execute(_TEST_MESSAGE, made)).scalar_one()
    delivery: int = (
        await connection.execute(
            _TEST_DELIVERY, {"workspace": workspace_id, "channel": channel_id, "message": message}
        )
    ).scalar_one()
    return delivery


def _alert(row: Any) -> Alert:
    return Alert(
        id=row.id,
        kind=row.kind,
        payload=msgspec.json.decode(row.payload),
        notice=None if row.notice is None else msgspec.json.decode(row.notice),
        created_at=row.created_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
    )
