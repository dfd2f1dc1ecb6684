"""What an event must obey beyond its types; the API rejects by it, and so the worker may rely on it.

`find_problem` judges one event exactly. `all_clean` judges many at a fifteenth of the cost: it may be wrong
about a good event (then the events are judged one by one), never about a bad one.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import repeat
from struct import unpack
from typing import NamedTuple

import msgspec

from llmlab_shared.clock import to_us
from llmlab_shared.domain.events import (
    EARLIEST,
    MAX_DEPTH,
    MAX_ID_SKEW,
    MAX_METADATA_BYTES,
    MAX_REPORTED_COST,
    MAX_TEXT,
    MAX_USAGE_BYTES,
    Event,
    Glance,
)
from llmlab_shared.domain.money import read_literal
from llmlab_shared.domain.usage import MAX_COUNT, UsageError, from_totals, has_parts
from llmlab_shared.ids import time_in

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

# Of an amount in `units`, which is kept as it came: more than any measurement has, and no more than fits.
_MAX_DIGITS = 40
_NO_AMOUNT = 'is a number or a decimal string such as "0.06": digits and a point, nothing else'
_ABSENT = (b"", b"null")
_MAX_SKEW_US = MAX_ID_SKEW // timedelta(microseconds=1)
# What of JSON can make a number too big or an object too deep: digits, all alike; the e of an exponent;
# brackets, all alike; and what ends a text or a number, so that two do not run together.
_BETWEEN = b"\xff"  # in no UTF-8
_BONES = bytes.maketrans(b"123456789E[}]", b"000000000e{{{")
_FLESH = bytes(set(range(256)).difference(b'0123456789eE.{}[]"', _BETWEEN))
_BRACKET = repeat(b"{")
# A number beyond a double has three digits in its exponent, or a hundred in a row.
_BIG_EXPONENT = b"0e000"
_LONG_NUMBER = b"0" * 100
_OBJECT_OR_NULL = repeat((b"{", b"null"))


class Problem(NamedTuple):
    """Why an event is refused: a code of the contract and a sentence that says what to mend."""

    code: str
    message: str


def find_problem(event: Event, latest: datetime) -> Problem | None:
    """Return what is wrong with a decoded event, or None. `latest` is the last instant allowed."""
    return (
        _about_names(event)
        or _about_identity(event, latest)
        or _about_totals(event)
        or _about_amounts(event)
        or _about_usage(bytes(event.usage))
        or _about_metadata(bytes(event.metadata))
    )


def all_clean(events: Sequence[Glance], latest: datetime) -> bool:
    """Say whether `find_problem` surely finds nothing in any of these events.

    What it asks of each event alone is asked here of columns, by tests that may suspect a good event, when
    the answer is False too, but never acquit a bad one.
    """
    suspects = [event for event in filter(has_parts, events) if _parts_may_exceed(event)]
    priced = [
        event for event in events if event.units is not None or bytes(event.reported_cost) not in _ABSENT
    ]
    return (
        _identities_clean(events, latest)
        # A list, because it takes half the time of a generator.
        and not any([event.provider.isspace() or event.model.isspace() for event in events])  # noqa: C419
        and not any(map(_about_totals, suspects))
        and not any(map(_about_amounts, priced))
        and _objects_clean(
            [raw for event in events if (raw := bytes(event.usage))],
            [raw for event in events if (raw := bytes(event.metadata))],
        )
    )


def _identities_clean(events: Sequence[Glance], latest: datetime) -> bool:
    ids: list[str] = [event.id for event in events if event.id is not None]
    timestamps = [event.timestamp for event in events if event.timestamp is not None]
    if len(timestamps) < len(events) and ids:
        return False
    if timestamps and (min(timestamps) < EARLIEST or max(timestamps) > latest):
        return False
    return not ids or _ids_clean(ids, timestamps)


def _ids_clean(ids: list[str], timestamps: list[datetime]) -> bool:
    """Judge ids of 36 characters, of events that all have a timestamp."""
    text, count = "".join(ids), len(ids)
    hyphens = "-" * count
    if any(text[place::36] != hyphens for place in (8, 13, 18, 23)):
        return False
    try:
        numbers = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return False
    # More hyphens, or white space, which `fromhex` skips, would make it shorter.
    if len(numbers) != 16 * count:
        return False
    versions = text[14::36]
    if "7" not in versions:
        return True
    # A v7 begins with its milliseconds in 48 bits.
    heads = unpack(">" + "Q8x" * count, numbers)
    first, last = (min(heads) >> 16) * 1000, (max(heads) >> 16) * 1000
    if last - to_us(min(timestamps)) <= _MAX_SKEW_US and to_us(max(timestamps)) - first <= _MAX_SKEW_US:
        return True
    return count == len(timestamps) and all(
        version != "7" or abs((head >> 16) * 1000 - to_us(timestamp)) <= _MAX_SKEW_US
        for version, head, timestamp in zip(versions, heads, timestamps, strict=True)
    )


def _parts_may_exceed(event: Event) -> bool:
    """Say whether parts of a total could be more than the total: exact but for one-hour cache writes."""
    return (
        bool(event.cache_write_1h_tokens)
        or (event.cache_read_tokens or 0)
        + (event.cache_write_tokens or 0)
        + (event.input_audio_tokens or 0)
        + (event.cache_audio_read_tokens or 0)
        + (event.input_image_tokens or 0)
        > (event.input_tokens or 0)
        or (event.output_audio_tokens or 0) + (event.output_image_tokens or 0) + (event.reasoning_tokens or 0)
        > (event.output_tokens or 0)
    )


def _objects_clean(usages: list[bytes], metadata: list[bytes]) -> bool:
    if max(map(len, usages), default=0) > MAX_USAGE_BYTES:
        return False
    longest = max(map(len, metadata), default=0)
    if longest > MAX_METADATA_BYTES:
        return False
    # A shorter one has no room for a text that is too long.
    if longest > MAX_TEXT and any(_about_texts(raw) for raw in metadata if len(raw) > MAX_TEXT):
        return False
    objects = usages + metadata
    bones = _BETWEEN.join(objects).translate(_BONES, _FLESH)
    each = bones.split(_BETWEEN)
    if (
        _BIG_EXPONENT not in bones
        and _LONG_NUMBER not in bones
        and all(map(bytes.startswith, objects, _OBJECT_OR_NULL))
        and (max(map(len, each)) <= 2 * MAX_DEPTH or max(map(bytes.count, each, _BRACKET)) <= 2 * MAX_DEPTH)
    ):
        return True
    return not any(map(_about_usage, usages)) and not any(map(_about_metadata, metadata))


def _about_names(event: Event) -> Problem | None:
    for name, value in (("provider", event.provider), ("model", event.model)):
        # Empty ones are refused by their type.
        if value.isspace():
            return Problem("missing_field", f"`{name}` is blank: every event names its provider and model")
    return None


def _about_identity(event: Event, latest: datetime) -> Problem | None:
    timestamp, inside = event.timestamp, None
    if event.id is not None:
        inside = time_in(event.id)
        if timestamp is None and inside is None:
            return Problem(
                "bad_id",
                "an event with an `id` and no `timestamp` needs a UUIDv7, whose time is used: "
                "add the `timestamp` of the call, or make the id a UUIDv7",
            )
        if timestamp is not None and inside is not None and abs(timestamp - inside) > MAX_ID_SKEW:
            return Problem(
                "bad_id",
                f"the time inside the UUIDv7 `id` ({_shown(inside)}) is more than 48 hours from "
                f"`timestamp` ({_shown(timestamp)}): make the id of the call's own time, "
                "or use a UUID of another version",
            )
    when = timestamp or inside
    if when is not None and not EARLIEST <= when <= latest:
        return Problem(
            "timestamp_out_of_range",
            f"`{'timestamp' if timestamp else 'id'}` says {_shown(when)}: "
            f"events are accepted from {_shown(EARLIEST)} to 24 hours from now",
        )
    return None


def _shown(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _about_totals(event: Event) -> Problem | None:
    if not has_parts(event):
        return None
    try:
        from_totals(event)
    except UsageError as error:
        return Problem(
            error.code,
            f"{error.reason}: `input_tokens` and `output_tokens` are totals that include every part",
        )
    return None


def _about_amounts(event: Event) -> Problem | None:
    reported = bytes(event.reported_cost)
    if reported not in _ABSENT:
        try:
            cost = read_literal(reported)
        except ValueError:
            return Problem("wrong_type", f"`reported_cost` {_NO_AMOUNT}")
        if not _within(cost, MAX_REPORTED_COST):
            return Problem("out_of_range", f"`reported_cost` is US dollars from 0 to {MAX_REPORTED_COST}")
    for unit, literal in (event.units or {}).items():
        try:
            amount = read_literal(bytes(literal))
        except ValueError:
            return Problem("wrong_type", f"`units.{unit}` {_NO_AMOUNT}")
        if not _within(amount, MAX_COUNT):
            return Problem("out_of_range", f"`units.{unit}` is a number from 0 to {MAX_COUNT}")
        if not _is_short(amount):
            return Problem("out_of_range", f"`units.{unit}` has more than {_MAX_DIGITS} digits: round it")
    return None


def _within(amount: Decimal, most: int) -> bool:
    return 0 <= amount <= most


def _is_short(amount: Decimal) -> bool:
    _, digits, exponent = amount.as_tuple()
    return len(digits) <= _MAX_DIGITS and isinstance(exponent, int) and abs(exponent) <= _MAX_DIGITS


def _about_usage(raw: bytes) -> Problem | None:
    return _about_json("usage", raw, MAX_USAGE_BYTES)


def _about_metadata(raw: bytes) -> Problem | None:
    return _about_json("metadata", raw, MAX_METADATA_BYTES) or _about_texts(raw)


def _about_json(name: str, raw: bytes, most: int) -> Problem | None:
    if raw in _ABSENT:
        return None
    if not raw.startswith(b"{"):
        return Problem("wrong_type", f"`{name}` is a JSON object")
    if len(raw) > most:
        return Problem("too_long", f"`{name}` is {len(raw)} bytes of JSON; at most {most} are kept")
    bare = _STRING.sub(b"", raw)
    if _depth(bare) > MAX_DEPTH:
        return Problem("out_of_range", f"`{name}` is nested deeper than {MAX_DEPTH} levels")
    if not all(map(_fits_double, _NUMBER.findall(bare))):
        return Problem("out_of_range", f"`{name}` holds a number beyond the range of a double")
    return None


def _fits_double(literal: bytes) -> bool:
    value = float(literal)
    return math.isfinite(value) and (value != 0 or not re.search(rb"[1-9]", re.split(rb"[eE]", literal)[0]))


def _depth(bare: bytes) -> int:
    deepest = depth = 0
    for byte in bare:
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _about_texts(raw: bytes) -> Problem | None:
    if len(raw) <= MAX_TEXT:
        return None
    for literal in _STRING.findall(raw):
        # Escapes only make the text shorter than its literal.
        if len(literal) > MAX_TEXT + 2 and len(msgspec.json.decode(literal, type=str)) > MAX_TEXT:
            return Problem(
                "too_long",
                f"a text inside `metadata` is longer than {MAX_TEXT} characters: "
                "metadata is for labels, not for prompts or completions",
            )
    return None
