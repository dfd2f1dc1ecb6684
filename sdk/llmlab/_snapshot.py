"""Copies of what a caller hands over, so that changing it afterwards changes no event.

Runs on the caller's thread: bounded work, no conversion. Objects that are not containers stay as they are
until the sender thread writes them down (`_event`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_TEXT = 256
_MAX_NODES = 512
_MAX_DEPTH = 8


class Overlong:
    """Stands where something was too long to be anything but content; the text itself is not kept."""


OVERLONG = Overlong()


def snapshot(value: Any) -> tuple[Any, int]:
    """Return a copy of nested dicts and lists, and roughly how many bytes it keeps alive."""
    budget = [_MAX_NODES, 0]
    copy = _copy(value, _MAX_DEPTH, budget)
    return (OVERLONG, 0) if budget[0] < 0 else (copy, budget[1])


def snapshot_of_labels(labels: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of labels that hold for many events; none when they are too many to be labels."""
    copy, _ = snapshot(dict(labels or {}))
    return copy if isinstance(copy, dict) else {}


def _copy(value: Any, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        budget[0] = -1
        return OVERLONG
    budget[1] += 32
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return OVERLONG
        budget[1] += len(value)
        return str.__str__(value)
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            result[_copy(key, 0, budget)] = _copy(item, depth - 1, budget)
            if budget[0] < 0:
                break
        return result
    if isinstance(value, list | tuple):
        items = []
        for item in value:
            items.append(_copy(item, depth - 1, budget))
            if budget[0] < 0:
                break
        return items
    if not isinstance(value, int | float | None):
        budget[1] += 200
        if isinstance(value, bytes | bytearray | memoryview):
            return OVERLONG
    return value
