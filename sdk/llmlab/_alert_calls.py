"""The requests about alerts and the channels that they are sent to; see `_calls`."""

from __future__ import annotations

from urllib.parse import quote

from llmlab._calls import Call, filters, given, page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from llmlab.types import AlertQuery, ChannelFields, DeliveryQuery


def list_channels(cursor: str | None = None) -> Call:
    """GET /api/channels."""
    return Call("GET", "/api/channels", params=page(cursor), prefer="user")


def create_channel(kind: str, settings: Mapping[str, Any], fields: ChannelFields) -> Call:
    """POST /api/channels."""
    body = {"kind": kind, "settings": settings, **fields}
    return Call("POST", "/api/channels", body=given(body), prefer="user")


def update_channel(channel_id: object, fields: Mapping[str, Any]) -> Call:
    """PATCH /api/channels/{id}: only what is given changes."""
    return Call("PATCH", _of("channels", channel_id), body=given(fields), prefer="user")


def delete_channel(channel_id: object) -> Call:
    """DELETE /api/channels/{id}."""
    return Call("DELETE", _of("channels", channel_id), prefer="user")


def test_channel(channel_id: object) -> Call:
    """POST /api/channels/{id}/test."""
    return Call("POST", f"{_of('channels', channel_id)}/test", prefer="user")


def rotate_channel(channel_id: object, grace_seconds: int) -> Call:
    """POST /api/channels/{id}/rotate."""
    path = f"{_of('channels', channel_id)}/rotate"
    return Call("POST", path, body={"grace_seconds": grace_seconds}, prefer="user")


def list_alerts(query: AlertQuery) -> Call:
    """GET /api/alerts."""
    return Call("GET", "/api/alerts", params=_asked(query), prefer="user")


def acknowledge(alert_id: object) -> Call:
    """POST /api/alerts/{id}/acknowledge."""
    return Call("POST", f"{_of('alerts', alert_id)}/acknowledge", prefer="user")


def acknowledge_several(alert_ids: Iterable[object]) -> Call:
    """POST /api/alerts/acknowledge."""
    body = {"ids": list(alert_ids)}
    return Call("POST", "/api/alerts/acknowledge", body=body, prefer="user")


def list_deliveries(query: DeliveryQuery) -> Call:
    """GET /api/deliveries."""
    return Call("GET", "/api/deliveries", params=_asked(query), prefer="user")


def retry_delivery(delivery_id: object) -> Call:
    """POST /api/deliveries/{id}/retry."""
    return Call("POST", f"{_of('deliveries', delivery_id)}/retry", prefer="user")


def _of(resource: str, identity: object) -> str:
    return f"/api/{resource}/{quote(str(identity), safe='')}"


def _asked(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    # As JSON writes it, which is how the server reads it.
    return filters({n: str(v).lower() if isinstance(v, bool) else v for n, v in query.items()})
