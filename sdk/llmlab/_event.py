"""Writing an event down as the wire wants it. Runs in the sender thread.

The list of names here is the privacy promise: nothing else leaves, and no value that leaves has room for
a prompt. What does not fit is left out and counted; the event itself goes as long as it has a provider
and a model.
"""

from __future__ import annotations

import json
import operator
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

from llmlab._context import merged
from llmlab._plain import MAX_METADATA, MAX_USAGE, fitting, plain, text_of, usage_of
from llmlab._snapshot import MAX_TEXT, OVERLONG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Note = Callable[[str, str], None]

TEXTS = frozenset(
    (
        "provider",
        "model",
        "api",
        "service_tier",
        "processing",
        "region",
        "response_id",
        "reported_by",
        "billing",
        "status",
        "feature",
        "customer",
        "user",
        "team",
        "project",
        "environment",
        "release",
        "session_id",
        "trace_id",
        "span_id",
        "parent_span_id",
    )
)
TOKENS = frozenset(
    (
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cache_write_1h_tokens",
        "input_audio_tokens",
        "cache_audio_read_tokens",
        "input_image_tokens",
        "output_audio_tokens",
        "output_image_tokens",
        "reasoning_tokens",
    )
)
COUNTS = TOKENS | frozenset(("latency_ms", "input_chars", "output_chars", "output_chunks"))
OTHERS = frozenset(("id", "timestamp", "usage", "units", "reported_cost", "tags", "metadata"))
KNOWN = TEXTS | COUNTS | OTHERS
MAX_TAGS = 32

# What is out of the wire's range is the server's to judge; this only keeps the text short.
_MAX_NUMBER = 10**18

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unsendable(Exception):
    """This cannot become an event; `code` is one of the wire's, the message says what to mend."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def write(
    event: dict[str, Any],
    labels: dict[str, Any],
    at_us: int,
    *,
    process_id: str,
    seq: int,
    note: Note,
) -> dict[str, Any]:
    """Return the event's JSON object, with an id of its own time. Raises Unsendable.

    `labels` are the defaults that the event's own fields win over; `note(reason, detail)` counts what was
    left out.
    """
    fields = merged(labels, event)
    for name in ("provider", "model"):
        if not fields.get(name):
            raise Unsendable("missing_field", f"`{name}` is missing: give it to track() or track_cost()")
    result: dict[str, Any] = {}
    written: object
    moment, identifier = _identity(fields, at_us)
    result["id"], result["timestamp"] = identifier, moment
    for name, value in fields.items():
        if name in ("id", "timestamp"):
            continue
        written = None
        if value is OVERLONG:
            note("too_long", f"`{name}` is longer than {MAX_TEXT} characters")
        elif name in TEXTS:
            written = _text(name, value, note)
        elif name in COUNTS:
            written = _count(name, value, note)
        elif name in OTHERS:
            written = _OTHER[name](value, note)
        else:
            note("unknown_field", _unknown(name))
        if written is not None:
            result[name] = written
    for name in ("provider", "model"):
        if not result.get(name):
            raise Unsendable("missing_field", f"`{name}` is no text of 1 to {MAX_TEXT} characters")
    result["process_id"], result["seq"] = process_id, seq
    return result


def encode(fields: dict[str, Any]) -> bytes:
    """Return the JSON text of an event, in ASCII, without NUL and without halves of characters."""
    try:
        text = json.dumps(fields, separators=(",", ":"), allow_nan=False)
    except ValueError:  # NaN or infinity somewhere
        text = json.dumps(_mended(fields), separators=(",", ":"), allow_nan=False)
    if "\\u0000" in text or "\\ud" in text:  # perhaps: an emoji is two of these, and they may be paired
        text = json.dumps(_mended(fields), separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value


def _identity(fields: dict[str, Any], at_us: int) -> tuple[str, str]:
    identifier, given = fields.get("id"), fields.get("timestamp")
    if identifier is not None and not isinstance(identifier, UUID):
        try:
            identifier = UUID(identifier)
        except (ValueError, TypeError, AttributeError):
            raise Unsendable("bad_id", "`id` is not a UUID") from None
    if given is not None:
        at_us = _microseconds(given)
    elif identifier is not None and identifier.version == 7:
        at_us = (identifier.int >> 80) * 1000
    try:
        moment = (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="microseconds")
    except OverflowError:
        raise Unsendable("timestamp_out_of_range", "`timestamp` is not between 2020 and tomorrow") from None
    return moment.replace("+00:00", "Z"), str(identifier) if identifier is not None else uuid7(at_us)


def _microseconds(given: object) -> int:
    """Return the given time in microseconds since 1970; a datetime without zone is local time."""
    try:
        if isinstance(given, str):
            given = datetime.fromisoformat(given)
        if isinstance(given, datetime):
            return (given.astimezone(UTC) - _EPOCH) // _MICROSECOND
        if isinstance(given, int | float) and not isinstance(given, bool):
            return round(given * 1_000_000)
    except (ValueError, OverflowError, OSError):
        pass
    raise Unsendable("bad_timestamp", "`timestamp` is no datetime, RFC 3339 text or seconds since 1970")


def uuid7(at_us: int) -> str:
    """Return a new random UUIDv7 of the given instant (RFC 9562, 5.7)."""
    randomness = int.from_bytes(os.urandom(10), "big")
    number = (
        (max(0, at_us) // 1000 & 0xFFFFFFFFFFFF) << 80
        | 0x7 << 76
        | randomness & 0xFFF << 64
        | 0x2 << 62
        | randomness & (1 << 62) - 1
    )
    return str(UUID(int=number))


def _text(name: str, value: Any, note: Note) -> str | None:
    text = text_of(value)
    if text is None:
        note("wrong_type", f"`{name}` is not text")
    elif len(text) > MAX_TEXT:
        note("too_long", f"`{name}` is longer than {MAX_TEXT} characters")
        return None
    return text


def _count(name: str, value: Any, note: Note) -> int | None:
    try:
        if isinstance(value, float | Decimal) and (name == "latency_ms" or value == int(value)):
            value = round(value)
        number = operator.index(value)
        if abs(number) <= _MAX_NUMBER:
            return number
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        pass
    if name in TOKENS:
        # Without this number the rest would be priced as if it were all.
        raise Unsendable("wrong_type", f"`{name}` is not a whole number")
    note("wrong_type", f"`{name}` is not a whole number")
    return None


def _usage(value: Any, note: Note) -> object:
    return fitting(usage_of(plain(value)), MAX_USAGE, "usage", note)


def _metadata(value: Any, note: Note) -> object:
    return fitting(plain(value), MAX_METADATA, "metadata", note)


def _tags(value: Any, note: Note) -> object:
    if not isinstance(value, dict):
        note("wrong_type", "`tags` is no dict of names and values")
        return None
    tags: dict[str, str] = {}
    for key, item in value.items():
        name, text = text_of(key), text_of(item)
        if item is None:
            continue
        if not name or text is None or len(name) > MAX_TEXT or len(text) > MAX_TEXT:
            note("bad_tag", f"a tag is no pair of texts of up to {MAX_TEXT} characters")
        elif len(tags) >= MAX_TAGS:
            note("too_many_tags", f"only {MAX_TAGS} tags fit")
        else:
            tags[name] = text
    return tags or None


def _units(value: Any, note: Note) -> object:
    if not isinstance(value, dict):
        note("wrong_type", "`units` is no dict of numbers")
        return None
    units = {str(text_of(name)): _number(number) for name, number in value.items()}
    return {name: number for name, number in units.items() if number is not None} or None


def _cost(value: Any, note: Note) -> object:
    number = _number(value)
    if number is None:
        note("wrong_type", "`reported_cost` is no amount")
    return number


def _number(value: Any) -> object:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, int | float):
        return value if abs(value) <= _MAX_NUMBER else None
    if isinstance(value, str) and len(value) <= 64:
        return str.__str__(value)
    return None


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(name)[:MAX_TEXT], KNOWN, n=1)
    return f"`{str(name)[:64]}` is no field" + (f"; did you mean `{near[0]}`?" if near else "")


_OTHER: dict[str, Callable[[Any, Note], object]] = {
    "usage": _usage,
    "metadata": _metadata,
    "tags": _tags,
    "units": _units,
    "reported_cost": _cost,
}
