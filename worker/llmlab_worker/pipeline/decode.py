"""From stream entries to calls: each event with its identity, its times and its key's defaults.

The API has judged every event before it wrote the entry, so this side is lenient: unknown fields, which a
newer API may write, are passed over. What still cannot be read is set aside alone (`Poison`), or, when
the entry as a whole cannot be read, as one piece at the place -1.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from llmlab_shared.clock import EPOCH, to_us
from llmlab_shared.domain.events import DEFAULTABLE, EARLIEST, MAX_AHEAD, MAX_ID_SKEW, Event, Tags
from llmlab_shared.ids import derive_event_id
from llmlab_shared.queue.entry import Entry

WHOLE_ENTRY = -1

_SECOND_US = 1_000_000
_EARLIEST_US = to_us(EARLIEST)
# The API's clock and this one may differ: what it let through is not refused for a few minutes.
_AHEAD_US = (MAX_AHEAD + timedelta(hours=1)) // timedelta(microseconds=1)
_SKEW_US = (MAX_ID_SKEW + timedelta(hours=1)) // timedelta(microseconds=1)


class StoredEvent(Event, forbid_unknown_fields=False, kw_only=True, gc=False):
    """An event as it lies in an entry; fields that this worker does not know are ignored."""


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
    identifier, timestamp = event.id, event.timestamp
    inside = None
    if identifier is not None:
        number = identifier.int
        if (number >> 76) & 0xF == 7 and (number >> 62) & 0x3 == 2:
            inside = (number >> 80) * 1000
    at = entry.at_us if inside is None else inside
    if timestamp is not None:
        at = _microseconds(timestamp)
    if not _EARLIEST_US <= at <= entry.at_us + _AHEAD_US:
        raise ValueError(f"the event's time is {at} µs since 1970, outside what is accepted")
    if identifier is None:
        identifier = derive_event_id(entry.id, index, at)
        inside = at // 1000 * 1000
    elif inside is not None and abs(inside - at) > _SKEW_US:
        raise ValueError("the time inside the UUIDv7 `id` is more than 48 hours from `timestamp`")
    if defaults:
        _apply(defaults, event)
    return Call(event, index, identifier.bytes, at, at if inside is None else inside, inside is None)


def _microseconds(instant: datetime) -> int:
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND_US + since.microseconds


@lru_cache(maxsize=1024)
def _read_defaults(raw: bytes) -> Mapping[str, Any]:
    if not raw:
        return {}
    read = _defaults.decode(raw)
    names = (*DEFAULTABLE, "tags")
    return {name: value for name in names if (value := getattr(read, name)) is not None}


def _apply(defaults: Mapping[str, Any], event: Event) -> None:
    for name, value in defaults.items():
        if name == "tags":
            event.tags = {**value, **(event.tags or {})}
        elif getattr(event, name) is None:
            setattr(event, name, value)


def unreadable_id(shard: int, message_id: bytes) -> UUID:
    """Return the id under which a stream message that is no entry at all is set aside: always the same."""
    milliseconds, _, sequence = message_id.partition(b"-")
    return derive_event_id(UUID(int=shard << 64 | int(sequence or 0)), 0, int(milliseconds) * 1000)
