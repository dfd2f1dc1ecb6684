"""From stream entries to calls: each event with its identity, its times and its key's defaults.

The API has judged every event before it wrote the entry, so this side is lenient: unknown fields, which a
newer API may write, are passed over. What still cannot be read is set aside alone (`Poison`), or, when
the entry as a whole cannot be read, as one piece at the place -1.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from llmlab_shared.clock import EPOCH, to_us
from llmlab_shared.domain.dead_letters import WHOLE_ENTRY
from llmlab_shared.domain.events import (
    DEFAULTABLE,
    EARLIEST,
    MAX_AHEAD,
    NOTHING,
    STORED_ID_SKEW,
    Billing,
    Count,
    ReportedBy,
    Status,
    Tags,
)
from llmlab_shared.ids import derive_event_id
from llmlab_shared.queue.entry import Entry

_SECOND_US = 1_000_000
_EARLIEST_US = to_us(EARLIEST)
# The API's clock and this one may differ: what it let through is not refused for a few minutes.
_AHEAD_US = (MAX_AHEAD + timedelta(hours=1)) // timedelta(microseconds=1)
_SKEW_US = STORED_ID_SKEW // timedelta(microseconds=1)


class StoredEvent(msgspec.Struct, kw_only=True, gc=False):
    """An event as it lies in an entry: the fields of `Event`, not judged again but for their types.

    Id, timestamp, usage, tags and metadata stay text until somebody needs more of them. A count is still
    checked, because a negative one would spoil the sums of others.
    """

    provider: str
    model: str
    id: str | None = None
    timestamp: str | None = None
    api: str | None = None

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    input_audio_tokens: Count | None = None
    cache_audio_read_tokens: Count | None = None
    input_image_tokens: Count | None = None
    output_audio_tokens: Count | None = None
    output_image_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    usage: msgspec.Raw = NOTHING
    units: dict[str, Decimal] | None = None

    service_tier: str | None = None
    processing: str | None = None
    region: str | None = None
    response_id: str | None = None
    reported_cost: Decimal | None = None
    reported_by: ReportedBy | None = None
    billing: Billing | None = None

    status: Status | None = None
    latency_ms: Count | None = None
    input_chars: Count | None = None
    output_chars: Count | None = None
    output_chunks: Count | None = None

    feature: str | None = None
    customer: str | None = None
    user: str | None = None
    team: str | None = None
    project: str | None = None
    environment: str | None = None
    release: str | None = None
    session_id: str | None = None
    tags: msgspec.Raw = NOTHING

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    process_id: str | None = None
    seq: Count | None = None
    metadata: msgspec.Raw = NOTHING


class _Body(msgspec.Struct, gc=False):
    events: list[StoredEvent]


class _RawBody(msgspec.Struct, gc=False):
    events: list[msgspec.Raw]


class _Defaults(msgspec.Struct, gc=False):
    feature: str | None = None
    customer: str | None = None
    user: str | None = None
    team: str | None = None
    project: str | None = None
    environment: str | None = None
    release: str | None = None
    session_id: str | None = None
    tags: Tags | None = None


class Call(msgspec.Struct, gc=False):
    """One event with its identity and place in time (microseconds); `timeless` ids hold no time."""

    event: StoredEvent
    index: int
    id: bytes
    at_us: int
    id_time_us: int
    timeless: bool


class Poison(NamedTuple):
    """An event (or, at place -1, a whole entry) that cannot be written, with its bytes and the reason."""

    place: int
    code: str
    reason: str
    body: bytes


class Decoded(NamedTuple):
    """What an entry holds: the calls that can be read and the events that cannot."""

    calls: list[Call]
    poison: list[Poison]


_body = msgspec.json.Decoder(_Body)
_raw_body = msgspec.json.Decoder(_RawBody)
_event = msgspec.json.Decoder(StoredEvent)
_tags = msgspec.json.Decoder(dict[str, str] | None)
_defaults = msgspec.json.Decoder(_Defaults)


def decode(entry: Entry) -> Decoded:
    """Return the calls of an entry. Never raises: what cannot be read is returned as poison."""
    try:
        defaults = _read_defaults(entry.defaults)
        events = _body.decode(entry.body).events
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _decode_one_by_one(entry)
    calls: list[Call] = []
    poison: list[Poison] = []
    for index, event in enumerate(events):
        try:
            calls.append(_place(entry, index, event, defaults))
        except ValueError as error:
            poison.append(Poison(index, "out_of_range", str(error), event_body(entry, index)))
    return Decoded(calls, poison)


def event_body(entry: Entry, index: int) -> bytes:
    """Return the bytes of one event of an entry whose body can be read."""
    return bytes(_raw_body.decode(entry.body).events[index])


def _decode_one_by_one(entry: Entry) -> Decoded:
    try:
        defaults = _read_defaults(entry.defaults)
        raws = _raw_body.decode(entry.body).events
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return Decoded([], [Poison(WHOLE_ENTRY, "malformed", str(error), entry.body)])
    calls: list[Call] = []
    poison: list[Poison] = []
    for index, raw in enumerate(raws):
        try:
            calls.append(_place(entry, index, _event.decode(raw), defaults))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            poison.append(Poison(index, "malformed", str(error), bytes(raw)))
    return Decoded(calls, poison)


def _place(entry: Entry, index: int, event: StoredEvent, defaults: Mapping[str, Any]) -> Call:
    inside = None
    if event.id is not None:
        identifier = bytes.fromhex(event.id.replace("-", ""))
        if len(identifier) != 16:
            raise ValueError(f"`id` {event.id!r} is no UUID")
        if identifier[6] >> 4 == 7 and identifier[8] >> 6 == 2:
            inside = int.from_bytes(identifier[:6], "big") * 1000
    at = entry.at_us if inside is None else inside
    if event.timestamp is not None:
        at = _microseconds(event.timestamp)
    if not _EARLIEST_US <= at <= entry.at_us + _AHEAD_US:
        raise ValueError(f"the event's time is {at} µs since 1970, outside what is accepted")
    if event.id is None:
        identifier = derive_event_id(entry.id, index, at).bytes
        inside = at // 1000 * 1000
    elif inside is not None and abs(inside - at) > _SKEW_US:
        raise ValueError("the time inside the UUIDv7 `id` is more than 48 hours from `timestamp`")
    if defaults:
        _apply(defaults, event)
    return Call(event, index, identifier, at, at if inside is None else inside, inside is None)


def _microseconds(text: str) -> int:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        # RFC 3339 allows a few spellings that Python does not read.
        instant = msgspec.convert(text, datetime)
    if instant.tzinfo is None:
        raise ValueError(f"`timestamp` {text!r} has no zone")
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND_US + since.microseconds


@lru_cache(maxsize=1024)
def _read_defaults(raw: bytes) -> Mapping[str, Any]:
    if not raw:
        return {}
    read = _defaults.decode(raw)
    names = (*DEFAULTABLE, "tags")
    return {name: value for name in names if (value := getattr(read, name)) is not None}


def _apply(defaults: Mapping[str, Any], event: StoredEvent) -> None:
    for name, value in defaults.items():
        if name == "tags":
            event.tags = msgspec.Raw(msgspec.json.encode({**value, **(read_tags(event) or {})}))
        elif getattr(event, name) is None:
            setattr(event, name, value)


def read_tags(event: StoredEvent) -> dict[str, str] | None:
    """Return an event's tags; raise `msgspec.MsgspecError` when they are no object of texts."""
    return _tags.decode(event.tags) if event.tags else None


def unreadable_id(shard: int, message_id: bytes) -> UUID:
    """Return the id under which a stream message that is no entry at all is set aside: always the same."""
    milliseconds, _, sequence = message_id.partition(b"-")
    return derive_event_id(UUID(int=shard << 64 | int(sequence or 0)), 0, int(milliseconds) * 1000)
