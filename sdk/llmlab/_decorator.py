"""`track_cost`: watching a function of any kind without changing what it does."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from llmlab._tracking import Tracking


def decorate(function: Any, client: Tracking, fields: dict[str, Any]) -> Any:
    """Return the function, reporting each call."""
    return function
