"""Alerts and the channels that they are sent to, blocking: `LLMLab.alerts`, `LLMLab.channels`."""

from __future__ import annotations

from llmlab import _alert_calls
from llmlab._reads import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Unpack

    from llmlab.types import JSON, AlertQuery, ChannelFields, DeliveryQuery, JSONList


class Channels(Resource):
    """Where the workspace is told of alerts. Secrets are masked in all answers but the first."""

    def list(self) -> JSONList:
        """Return all channels, each with what became of its last message."""
        return self._all(_alert_calls.list_channels, "channels")

    def create(self, kind: str, settings: Mapping[str, Any], **fields: Unpack[ChannelFields]) -> JSON:
        """Add a channel: `email` with `{"to": [...]}`, `pagerduty` with `{"routing_key": ...}`.

        `slack`, `teams`, `discord` and `webhook` take `{"url": ...}`. The `secret` of a webhook is in this
        answer alone. Without `kinds` it gets all that a channel of its kind should.
        """
        return self._send(_alert_calls.create_channel(kind, settings, fields))

    def update(
        self,
        channel_id: object,
        *,
        settings: Mapping[str, Any] | None = None,
        **fields: Unpack[ChannelFields],
    ) -> JSON:
        """Change what is given and return the channel; `settings` are replaced as a whole."""
        return self._send(_alert_calls.update_channel(channel_id, {"settings": settings, **fields}))

    def pause(self, channel_id: object) -> JSON:
        """Let what comes wait, for a day at most."""
        return self._send(_alert_calls.update_channel(channel_id, {"paused": True}))

    def resume(self, channel_id: object) -> JSON:
        """Send what waited, and what comes."""
        return self._send(_alert_calls.update_channel(channel_id, {"paused": False}))

    def test(self, channel_id: object) -> JSON:
        """Send a test by the way of all alerts; return its delivery (`LLMLab.alerts.deliveries`)."""
        return self._send(_alert_calls.test_channel(channel_id))

    def rotate(self, channel_id: object, *, grace_seconds: int = 86_400) -> JSON:
        """Give a webhook a new `secret`; within the grace its messages are signed by both."""
        return self._send(_alert_calls.rotate_channel(channel_id, grace_seconds))

    def delete(self, channel_id: object) -> None:
        """Remove a channel with the log of its deliveries."""
        self._send(_alert_calls.delete_channel(channel_id))


class Alerts(Resource):
    """What the workspace was told, and what became of it on its way."""

    def list(self, **query: Unpack[AlertQuery]) -> JSON:
        """Return one page of alerts, newest first: `{"alerts": [...], "next_cursor"}`."""
        return self._send(_alert_calls.list_alerts(query))

    def iterate(self, **query: Unpack[AlertQuery]) -> Iterator[JSON]:
        """Yield all alerts that fit, newest first, fetching pages of `limit` as they are needed."""
        while True:
            page = self.list(**query)
            yield from page["alerts"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def acknowledge(self, alert_id: object) -> JSON:
        """Say that an alert was seen, and return it."""
        return self._send(_alert_calls.acknowledge(alert_id))

    def acknowledge_several(self, alert_ids: Iterable[int]) -> JSON:
        """Say that 1 to 1,000 alerts were seen: `{"acknowledged": 2, "unknown": [...]}`.

        `acknowledged` is how many of them nobody had acknowledged, `unknown` the ids that no alert has.
        """
        return self._send(_alert_calls.acknowledge_several(alert_ids))

    def deliveries(self, **query: Unpack[DeliveryQuery]) -> JSON:
        """Return one page of the log of deliveries, newest first: `{"deliveries": [...], "next_cursor"}`."""
        return self._send(_alert_calls.list_deliveries(query))

    def retry(self, delivery_id: object) -> JSON:
        """Have a delivery tried now, and for another day, and return it."""
        return self._send(_alert_calls.retry_delivery(delivery_id))
