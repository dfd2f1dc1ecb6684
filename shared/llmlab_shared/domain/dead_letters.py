"""Dead letters as people name and see them: their ids, and the head of a body, never what was said.

A body is an accepted event, which has no field for a prompt. What a caller put into `metadata`, `tags` or
a field that this version does not know could still be words of somebody's, so those are left out.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from llmlab_shared.domain.events import Event
from llmlab_shared.errors import LLMLabError

# The `index` of a letter that holds a whole entry, which could not be read.
WHOLE_ENTRY: Final = -1
Key = tuple[UUID, int]

_WHOLE = "all"
_LABELS = ("feature", "environment", "release")
_TOKENS = ("input_tokens", "output_tokens")
# Words of the caller's own, of which only the names are shown.
_UNSHOWN = ("metadata", "tags", "usage")
_KNOWN = frozenset(field.encode_name for field in msgspec.structs.fields(Event))
_MOST_CHARACTERS = 64


def letter_id(entry: UUID, index: int) -> str:
    """Return what a letter is called: its entry, and its place in it or `all`."""
    return f"{entry}:{_WHOLE if index == WHOLE_ENTRY else index}"


def read_letter_id(text: str) -> Key:
    """Return the letter that an id names. Raises `LLMLabError` (`bad_letter_id`) for one that is none."""
    entry, colon, place = text.partition(":")
    try:
        index = WHOLE_ENTRY if place == _WHOLE else int(place)
        if not colon or not WHOLE_ENTRY <= index < 1 << 31:
            raise ValueError
        return UUID(entry), index
    except ValueError:
        raise LLMLabError(
            "bad_letter_id",
            f"{text[:_MOST_CHARACTERS]!r} is not the id of a dead letter, which is like "
            "01990f5c-5a6b-7c3d-8e4f-0123456789ab:0",
        ) from None


def head_of(body: bytes) -> str:
    """Return what an event is of, in a few words."""
    event = _decoded(body)
    if event is None:
        return f"unreadable, {len(body):,} bytes"
    if isinstance(event.get("events"), list):
        return f"{len(event['events']):,} events, {len(body):,} bytes"
    model = "/".join(_told(event, name) for name in ("provider", "model") if name in event)
    tokens = [f"{_told(event, name)} {name[:-7]}" for name in _TOKENS if name in event]
    labels = [_told(event, name) for name in _LABELS if event.get(name)]
    return ", ".join([model or "no model", *tokens, *labels])


def shown_body(body: bytes) -> dict[str, Any]:
    """Return the fields of an event that say how it came to be here."""
    event = _decoded(body)
    if event is None or isinstance(event.get("events"), list):
        return {"body": head_of(body)}
    return {name: _shown(name, value) for name, value in event.items()}


def _told(event: Mapping[str, Any], name: str) -> str:
    return str(_shown(name, event[name]))


def _shown(name: str, value: Any) -> Any:
    if name not in _KNOWN or name in _UNSHOWN:
        if isinstance(value, Mapping):
            return f"(not shown: {len(value)} of {', '.join(map(_short, value))})"
        return "(not shown)"
    if isinstance(value, str):
        return _short(value)
    # A field that is known may hold what it never should: then that is why the letter is here.
    return value if value is None or isinstance(value, bool | int | float) else "(not shown)"


def _decoded(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _short(value: Any) -> str:
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
