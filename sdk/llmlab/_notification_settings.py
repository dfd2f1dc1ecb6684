"""What a workspace wants to be told of, blocking: `LLMLab.notification_settings`."""

from __future__ import annotations

from llmlab import _outlook_calls
from llmlab._reads import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Unpack

    from llmlab.types import JSON, NotificationFields


class NotificationSettings(Resource):
    """Forecasts, days that stand out and reports: whether they are told, and where reports go."""

    def get(self) -> JSON:
        """Return all settings of the workspace."""
        return self._send(_outlook_calls.notification_settings())

    def update(self, **fields: Unpack[NotificationFields]) -> JSON:
        """Change what is given and return all settings; `report_channels=None` is every channel."""
        return self._send(_outlook_calls.update_notification_settings(fields))
