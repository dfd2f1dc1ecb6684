"""Copies of what a caller hands over, so that changing it afterwards changes no event.

Runs on the caller's thread: bounded work, no conversion. Objects that are not containers stay as they are
until the sender thread writes them down (`_event`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    _Labels = dict[str, Any]
else:
    _Labels = dict

MAX_TEXT = 256
_MAX_NODES = 512
_MAX_DEPTH = 8
_SIMPLE = frozenset((int, float, bool, type(None)))


class Overlong:
    """Stands where something was too long to be anything but content; the text itself is not kept."""


OVERLONG = Overlong()
UNREADABLE = object()


def snapshot(value: Any) -> tuple[Any, int]:
    """Return a copy of nested dicts and lists, and roughly how many bytes it keeps alive."""
    budget = [_MAX_NODES, 0]
    try:
        copy = _copy(value, _MAX_DEPTH, budget)
    except Exception:  # an object that cannot even be asked what it is
        return UNREADABLE, 0
    return (OVERLONG, 0) if budget[0] < 0 else (copy, budget[1])


class LabelSet(_Labels):
    """Labels that hold for many events, and roughly how many bytes they keep alive."""

    __slots__ = ("size",)
    size: int


def snapshot_of_labels(labels: Mapping[str, Any] | None) -> LabelSet:
    """Return a copy of labels. One that is too large to be a label harms no other."""
    result = LabelSet()
    result.size = 0
    for name, value in dict(labels or {}).items():
        result[name], size = snapshot(value)
        result.size += 64 + size
    return result


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
        return _copy_dict(value, depth, budget)
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


def _copy_dict(value: dict[Any, Any], depth: int, budget: list[int]) -> dict[Any, Any]:
    # What usage objects are made of, numbers under short names, is copied here without a call for each.
    result: dict[Any, Any] = {}
    for key, item in value.items():
        name = key if type(key) is str and len(key) <= MAX_TEXT else _copy(key, 0, budget)
        if type(item) in _SIMPLE:
            budget[0] -= 1
            budget[1] += 64
            result[name] = item
        else:
            result[name] = _copy(item, depth - 1, budget)
        if budget[0] < 0:
            break
    return result
