"""What a workspace wants to be told of, awaited: `AsyncLLMLab.notification_settings`."""

from __future__ import annotations

from llmlab import _outlook_calls
from llmlab._async_reads import AsyncResource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Unpack

    from llmlab.types import JSON, NotificationFields


class AsyncNotificationSettings(AsyncResource):
    """Forecasts, days that stand out and reports: whether they are told, and where reports go."""

    async def get(self) -> JSON:
        """Return all settings of the workspace."""
        return await self._send(_outlook_calls.notification_settings())

    async def update(self, **fields: Unpack[NotificationFields]) -> JSON:
        """Change what is given and return all settings; `report_channels=None` is every channel."""
        return await self._send(_outlook_calls.update_notification_settings(fields))
