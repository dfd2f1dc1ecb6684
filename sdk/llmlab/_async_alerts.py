"""Alerts and the channels that they are sent to, awaited: the asynchronous twin of `_alerts`."""

from __future__ import annotations

from llmlab import _alert_calls
from llmlab._async_reads import AsyncResource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from typing import Any, Unpack

    from llmlab.types import JSON, AlertQuery, ChannelFields, DeliveryQuery, JSONList


class AsyncChannels(AsyncResource):
    """Where the workspace is told of alerts. Secrets are masked in all answers but the first."""

    async def list(self) -> JSONList:
        """Return all channels, each with what became of its last message."""
        return await self._all(_alert_calls.list_channels, "channels")

    async def create(self, kind: str, settings: Mapping[str, Any], **fields: Unpack[ChannelFields]) -> JSON:
        """Add a channel: `email` with `{"to": [...]}`, `pagerduty` with `{"routing_key": ...}`.

        `slack`, `teams`, `discord` and `webhook` take `{"url": ...}`. The `secret` of a webhook is in this
        answer alone. Without `kinds` it gets all that a channel of its kind should.
        """
        return await self._send(_alert_calls.create_channel(kind, settings, fields))

    async def update(
        self,
        channel_id: object,
        *,
        settings: Mapping[str, Any] | None = None,
        **fields: Unpack[ChannelFields],
    ) -> JSON:
        """Change what is given and return the channel; `settings` are replaced as a whole."""
        return await self._send(_alert_calls.update_channel(channel_id, {"settings": settings, **fields}))

    async def pause(self, channel_id: object) -> JSON:
        """Let what comes wait, for a day at most."""
        return await self._send(_alert_calls.update_channel(channel_id, {"paused": True}))

    async def resume(self, channel_id: object) -> JSON:
        """Send what waited, and what comes."""
        return await self._send(_alert_calls.update_channel(channel_id, {"paused": False}))

    async def test(self, channel_id: object) -> JSON:
        """Send a test by the way of all alerts; return its delivery (`LLMLab.alerts.deliveries`)."""
        return await self._send(_alert_calls.test_channel(channel_id))

    async def rotate(self, channel_id: object, *, grace_seconds: int = 86_400) -> JSON:
        """Give a webhook a new `secret`; within the grace its messages are signed by both."""
        return await self._send(_alert_calls.rotate_channel(channel_id, grace_seconds))

    async def delete(self, channel_id: object) -> None:
        """Remove a channel with the log of its deliveries."""
        await self._send(_alert_calls.delete_channel(channel_id))


class AsyncAlerts(AsyncResource):
    """What the workspace was told, and what became of it on its way."""

    async def list(self, **query: Unpack[AlertQuery]) -> JSON:
        """Return one page of alerts, newest first: `{"alerts": [...], "next_cursor"}`."""
        return await self._send(_alert_calls.list_alerts(query))

    async def iterate(self, **query: Unpack[AlertQuery]) -> AsyncIterator[JSON]:
        """Yield all alerts that fit, newest first, fetching pages of `limit` as they are needed."""
        while True:
            page = await self.list(**query)
            for alert in page["alerts"]:
                yield alert
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    async def acknowledge(self, alert_id: object) -> JSON:
        """Say that an alert was seen, and return it."""
        return await self._send(_alert_calls.acknowledge(alert_id))

    async def acknowledge_several(self, alert_ids: Iterable[int]) -> JSON:
        """Say that 1 to 1,000 alerts were seen: `{"acknowledged": 2, "unknown": [...]}`.

        `acknowledged` is how many of them nobody had acknowledged, `unknown` the ids that no alert has.
        """
        return await self._send(_alert_calls.acknowledge_several(alert_ids))

    async def deliveries(self, **query: Unpack[DeliveryQuery]) -> JSON:
        """Return one page of the log of deliveries, newest first: `{"deliveries": [...], "next_cursor"}`."""
        return await self._send(_alert_calls.list_deliveries(query))

    async def retry(self, delivery_id: object) -> JSON:
        """Have a delivery tried now, and for another day, and return it."""
        return await self._send(_alert_calls.retry_delivery(delivery_id))
