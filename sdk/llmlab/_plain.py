"""Turning a provider's objects into plain JSON values, with no room for a prompt in them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from uuid import UUID

from llmlab._snapshot import MAX_TEXT, Overlong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_USAGE = 8 << 10
MAX_METADATA = 4 << 10
_MAX_WORD = 64
_MAX_BITS = 256  # a longer number counts nothing
_MAX_DEPTH = 8

# A usage object sits under one of these in the response that it is part of.
USAGE_NAMES = ("usage", "usage_metadata", "usageMetadata")


def text_of(value: Any) -> str | None:
    """Return a label's text: text itself, numbers, UUIDs, enum members; None for anything else."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return None
    if isinstance(value, int | float | Decimal | UUID):
        return str(value)
    return None


def plain(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Return dicts, lists, texts and numbers for whatever object this is; what is unknown becomes None."""
    if value is None or type(value) in (bool, int, float):
        return None if isinstance(value, int) and value.bit_length() > _MAX_BITS else value
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return int(value) if isinstance(value, int) else float(value)  # a numpy float, say
    if isinstance(value, Overlong):
        return value
    if depth < 0 or isinstance(value, bytes | bytearray):
        return None
    if isinstance(value, Enum):
        return plain(value.value, depth - 1)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, dict):
        items = ((str.__str__(k), plain(v, depth - 1)) for k, v in value.items() if isinstance(k, str))
        return {k: v for k, v in items if v is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth - 1) for item in value]
    fields = _fields(value)
    return None if fields is None else plain(fields, depth - 1)


def _fields(value: Any) -> dict[str, Any] | None:
    """Return an object's fields by the first way that works: pydantic, protobuf, a plain object."""
    kind = type(value)
    for attempt in (
        lambda: value.model_dump(mode="json", exclude_none=True, warnings=False),
        lambda: value.model_dump(mode="json", exclude_none=True),
        lambda: value.to_dict(),  # noqa: PLW0108  # looking it up is part of the attempt
        lambda: kind.to_dict(value),
        lambda: value.dict(),  # noqa: PLW0108  # the same
        lambda: {name: getattr(value, name) for name in kind.__struct_fields__},
        lambda: {field.name: getattr(value, field.name) for field in value.DESCRIPTOR.fields},
        lambda: {name: item for name, item in vars(value).items() if not name.startswith("_")},
        lambda: {name: getattr(value, name, None) for name in kind.__slots__},
    ):
        try:
            fields = attempt()
        except Exception:  # any object of any library: try the next way
            continue
        if isinstance(fields, dict):
            return fields
    return None


def usage_of(value: Any) -> Any:
    """Return the usage object, also when the whole response was handed over in its place."""
    if isinstance(value, dict):
        for name in USAGE_NAMES:
            if isinstance(value.get(name), dict):
                return value[name]
    return value


def fitting(value: Any, limit: int, name: str, note: Callable[[str, str], None]) -> Any:
    """Return a plain object without the texts that could be content, or None when nothing useful is left.

    In `usage` a text is a word of up to 64 characters ("standard", "TEXT"); in `metadata` up to 256.
    """
    if not isinstance(value, dict):
        note("wrong_type", f"`{name}` is no object")
        return None
    dropped: list[str] = []
    words = name == "usage"
    kept = _without_content(value, words, dropped)
    if dropped:
        note("too_long", f"a text in `{name}` was too long to be anything but content")
    if len(json.dumps(kept, separators=(",", ":"))) > limit:
        note("too_long", f"`{name}` is larger than {limit} bytes")
        return None
    return kept or None


def _without_content(value: Any, words: bool, dropped: list[str]) -> Any:
    if isinstance(value, dict):
        items = (
            (_without_content(k, words, dropped), _without_content(v, words, dropped))
            for k, v in value.items()
        )
        return {k: v for k, v in items if k is not None and v is not None}
    if isinstance(value, list):
        return [v for v in (_without_content(v, words, dropped) for v in value) if v is not None]
    if isinstance(value, Overlong) or (
        isinstance(value, str)
        and (len(value) > (_MAX_WORD if words else MAX_TEXT) or (words and any(c.isspace() for c in value)))
    ):
        dropped.append("text")
        return None
    return value
