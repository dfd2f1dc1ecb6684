"""Listing alerts and deliveries, acknowledging, and trying a delivery again."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from llmlab_shared.db.repositories import accounts, alerts
from llmlab_shared.db.repositories.alerts import Alert, Delivery
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.notifications import ALERT_KINDS, DELIVER, DeliveryStatus, MessageKind
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.jobs import enqueue
from llmlab_api.services import Services

TIMEOUT_MS: Final = 10_000


async def list_alerts(
    services: Services,
    workspace_id: int,
    *,
    kinds: Sequence[MessageKind],
    acknowledged: bool | None,
    budget_id: int | None,
    cursor: int | None,
    limit: int,
) -> dict[str, Any]:
    """Return a page of a workspace's alerts, newest first; without `kinds`, what can be acknowledged."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await alerts.list_alerts(
            connection,
            workspace_id,
            kinds=kinds or ALERT_KINDS,
            acknowledged=acknowledged,
            budget_id=budget_id,
            before=cursor,
            limit=limit + 1,
        )
        page = found[:limit]
        ways = await alerts.deliveries_of(connection, [alert.id for alert in page])
    return {
        "alerts": [_wire(alert, ways[alert.id]) for alert in page],
        "next_cursor": str(page[-1].id) if len(found) > limit else None,
    }


async def acknowledge(services: Services, caller: Principal, alert_id: int) -> dict[str, Any]:
    """Say that an alert was seen, and return it; the first to say so stays named. Raises 404."""
    async with services.engine.begin() as connection:
        await _acknowledge(connection, caller, [alert_id])
        found = await alerts.find_alert(connection, caller.workspace_id, alert_id)
        if found is None:
            raise Problem(404, "alert_not_found", f"this workspace has no alert {alert_id}")
        ways = await alerts.deliveries_of(connection, [alert_id])
    return _wire(found, ways[alert_id])


async def acknowledge_several(services: Services, caller: Principal, ids: Sequence[int]) -> dict[str, Any]:
    """Say the same of several alerts; return how many nobody had acknowledged, and which there are not."""
    async with services.engine.begin() as connection:
        fresh = await _acknowledge(connection, caller, ids)
        known = await alerts.known_alerts(connection, caller.workspace_id, ids)
    return {"acknowledged": fresh, "unknown": sorted(set(ids) - known)}


async def _acknowledge(connection: AsyncConnection, caller: Principal, ids: Sequence[int]) -> int:
    fresh = await alerts.acknowledge(connection, caller.workspace_id, ids, caller.actor)
    for alert_id in fresh:
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="alert_acknowledged",
            target=f"alert:{alert_id}",
        )
    return len(fresh)


async def list_deliveries(
    services: Services,
    workspace_id: int,
    *,
    status: DeliveryStatus | None,
    channel_id: int | None,
    alert_id: int | None,
    cursor: int | None,
    limit: int,
) -> dict[str, Any]:
    """Return a page of a workspace's deliveries, newest first."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await alerts.list_deliveries(
            connection,
            workspace_id,
            status=status,
            channel_id=channel_id,
            alert_id=alert_id,
            before=cursor,
            limit=limit + 1,
        )
    page = found[:limit]
    return {
        "deliveries": [delivery_wire(delivery) for delivery in page],
        "next_cursor": str(page[-1].id) if len(found) > limit else None,
    }


async def retry_delivery(services: Services, caller: Principal, delivery_id: int) -> dict[str, Any]:
    """Have a delivery tried now, and for another day, and return it. Raises 404, and 409 when it is sent."""
    async with services.engine.begin() as connection:
        before = await alerts.find_delivery(connection, caller.workspace_id, delivery_id)
        if before is None:
            raise Problem(404, "delivery_not_found", f"this workspace has no delivery {delivery_id}")
        await alerts.retry(connection, caller.workspace_id, delivery_id)
        after = await alerts.find_delivery(connection, caller.workspace_id, delivery_id)
        assert after is not None, "it was there above"
        if after.status == "sent":
            raise Problem(409, "already_sent", f"delivery {delivery_id} arrived; there is nothing to retry")
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="delivery_retried",
            target=f"delivery:{delivery_id}",
        )
    await enqueue(services, DELIVER, delivery_id)
    return delivery_wire(after)


def delivery_wire(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as the wire has it."""
    waits = delivery.status == "waiting" and not delivery.paused
    wire: dict[str, Any] = msgspec.to_builtins(
        {
            "id": delivery.id,
            "alert_id": delivery.alert_id,
            "kind": delivery.kind,
            "title": delivery.title,
            "channel": {
                "id": delivery.channel_id,
                "name": delivery.channel_name,
                "kind": delivery.channel_kind,
            },
            "status": delivery.status,
            "paused": delivery.paused and delivery.status == "waiting",
            "attempts": delivery.attempts,
            "next_attempt_at": delivery.due_at if waits else None,
            "last_error": delivery.last_error,
            "sent_at": delivery.sent_at,
            "created_at": delivery.created_at,
        }
    )
    return wire


def _wire(alert: Alert, ways: Sequence[Delivery]) -> dict[str, Any]:
    notice = alert.notice or {
        "title": alert.kind.replace("_", " ").capitalize(),
        "severity": "warning",
        "summary": "",
        "link": None,
    }
    wire: dict[str, Any] = msgspec.to_builtins(
        {
            "id": alert.id,
            "kind": alert.kind,
            **{name: notice[name] for name in ("title", "severity", "summary", "link")},
            "data": alert.payload,
            "created_at": alert.created_at,
            "acknowledged_at": alert.acknowledged_at,
            "acknowledged_by": alert.acknowledged_by,
        }
    )
    return {**wire, "deliveries": [delivery_wire(delivery) for delivery in ways]}
