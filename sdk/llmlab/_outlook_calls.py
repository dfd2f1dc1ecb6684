"""The requests about what is to come, and what a workspace wants to be told of; see `_calls`."""

from __future__ import annotations

from llmlab._calls import Call, filters, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmlab.types import ForecastQuery


def forecast(query: ForecastQuery) -> Call:
    """GET /api/costs/forecast."""
    return Call("GET", "/api/costs/forecast", params=filters(query))


def notification_settings() -> Call:
    """GET /api/notifications/settings."""
    return Call("GET", "/api/notifications/settings", prefer="user")


def update_notification_settings(fields: Mapping[str, object]) -> Call:
    """PATCH /api/notifications/settings: only what is given changes."""
    body = {name: plain(value) for name, value in fields.items()}
    return Call("PATCH", "/api/notifications/settings", body=body, prefer="user")
