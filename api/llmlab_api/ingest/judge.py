"""Which events of a body are taken, and the bytes that carry them on.

Nearly every body is wholly good, so it is first decoded at once, and travels on as it came. Only when
something in it is wrong, or it is too large for one entry, is it cut into events that are judged each
by itself. Both ways follow the same rules.
"""

import codecs
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import NamedTuple

import msgspec
from llmlab_shared.domain.event_rules import Problem as EventProblem
from llmlab_shared.domain.event_rules import all_clean, find_problem
from llmlab_shared.domain.events import MAX_DEPTH, MAX_EVENTS, Event, Glance, GlanceBatch, RawBatch
from llmlab_shared.queue.entry import MAX_ENTRY_BYTES

from llmlab_api.errors import Problem
from llmlab_api.ingest.body import Body
from llmlab_api.ingest.text import holds_unstorable, with_nuls
from llmlab_api.ingest.verdicts import Verdict, explain, id_in

_OPEN, _CLOSE = b'{"events":[', b"]}"
_ROOM = MAX_ENTRY_BYTES - len(_OPEN) - len(_CLOSE)

_glance = msgspec.json.Decoder(Glance)
_glance_batch = msgspec.json.Decoder(GlanceBatch)
_event = msgspec.json.Decoder(Event)
_raw_batch = msgspec.json.Decoder(RawBatch)
_any = msgspec.json.Decoder(msgspec.Raw)
_BESIDE = re.compile(r"Object contains unknown field `([^`]{0,64})")
# What of a body is looked at as text at once: all of it might be four times as large as its bytes.
_TEXT_BYTES = 64 << 10


class _Top(msgspec.Struct, gc=False):
    """Whether a body is a batch; other fields are passed over, however many there are."""

    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_top = msgspec.json.Decoder(_Top)


class Judged(NamedTuple):
    """What became of a body: `pieces` are bodies of entries with the number of their events."""

    accepted: int
    pieces: list[tuple[bytes, int]]
    rejected: list[Verdict]


def judge(body: Body, latest: datetime) -> Judged:
    """Judge the events of a request body; `latest` is the last instant an event may have.

    Raises `Problem` for a body that is no JSON, has the wrong shape, no event or too many.
    """
    _check_encoding(body)
    if len(body) <= _ROOM and not holds_unstorable(body):
        whole = _judge_at_once(body, latest)
        if whole is not None:
            return whole
    return judge_each(body, latest)


def judge_each(body: Body, latest: datetime) -> Judged:
    """Do as `judge` the long way, event by event; it says what is wrong with each."""
    good: list[memoryview] = []
    rejected: list[Verdict] = []
    for index, event in enumerate(_events_in(body)):
        # Not copied: together they may be as large as a body may be.
        raw = memoryview(event)
        problem = _judge_one(raw, latest)
        if problem is None:
            good.append(raw)
        else:
            rejected.append(Verdict(index, id_in(raw), problem.code, problem.message))
    return Judged(len(good), _split(good), rejected)


def _judge_at_once(body: Body, latest: datetime) -> Judged | None:
    """Return the verdict on a body that is good as it stands, None for any other."""
    try:
        if body.startswith(b'{"events"'):
            events = _glance_batch.decode(body).events
            if not 0 < len(events) <= MAX_EVENTS:
                return None
        else:
            events = [_glance.decode(body)]
            body = b"".join((_OPEN, body, _CLOSE))
    except (msgspec.DecodeError, RecursionError):
        return None
    if not all_clean(events, latest):
        return None
    return Judged(len(events), [(bytes(body), len(events))], [])


def _judge_one(view: memoryview, latest: datetime) -> EventProblem | None:
    if len(view) > _ROOM:
        return EventProblem("too_long", f"the event is {len(view)} bytes of JSON; at most {_ROOM} are taken")
    raw = bytes(view)
    if holds_unstorable(raw):
        return EventProblem(
            "nul_byte",
            "a text holds \\u0000 or half of a surrogate pair (\\ud800 to \\udfff alone), "
            "which no database keeps as text: remove it",
        )
    try:
        event = _event.decode(raw)
    except msgspec.ValidationError as error:
        return explain(error)
    return find_problem(event, latest)


def _split(events: list[memoryview]) -> list[tuple[bytes, int]]:
    """Pack events into as few bodies as keep their order and the size of an entry."""
    pieces: list[tuple[bytes, int]] = []
    start = size = 0
    for index, raw in enumerate(events):
        if index > start and size + len(raw) + 1 > _ROOM:
            pieces.append(_piece(events[start:index]))
            start, size = index, 0
        size += len(raw) + (index > start)
    if events:
        pieces.append(_piece(events[start:]))
    return pieces


def _piece(events: list[memoryview]) -> tuple[bytes, int]:
    return _OPEN + b",".join(events) + _CLOSE, len(events)


def _events_in(body: Body) -> Sequence[msgspec.Raw]:
    """Return the events of a body as they came, one or many; lone surrogates are made NULs."""
    if holds_unstorable(body):
        body = with_nuls(body)
    try:
        if _top.decode(body).events is msgspec.UNSET:
            return [_any.decode(body)]
        array = _raw_batch.decode(body).events
        events = [*takewhile(_is_set, msgspec.structs.astuple(_first_events().decode(array)))]
    except msgspec.ValidationError as error:
        raise _misshapen(str(error)) from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error)) from None
    except RecursionError:
        raise _malformed(
            f"it is nested too deeply; `usage` and `metadata` may be {MAX_DEPTH} levels deep"
        ) from None
    if not events:
        raise _shape("missing_field", "`events` is empty: send at least one event")
    if len(events) > MAX_EVENTS:
        raise Problem(
            413,
            "too_many_events",
            f"the request has more than {MAX_EVENTS} events; send at most {MAX_EVENTS} in one request",
        )
    return events


@cache
def _first_events() -> msgspec.json.Decoder[msgspec.Struct]:
    """Return what decodes an array to its first events, one more than allowed, and only skips the others.

    A list of them all, `1` after `1`, takes fifty times the memory of the body.
    """
    fields = [(f"event{n}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for n in range(MAX_EVENTS + 1)]
    return msgspec.json.Decoder(msgspec.defstruct("FirstEvents", fields, array_like=True, gc=False))


def _is_set(event: object) -> bool:
    return event is not msgspec.UNSET


def _misshapen(said: str) -> Problem:
    beside = _BESIDE.match(said)
    if beside is not None:
        return _shape(
            "unknown_field",
            f"`{beside[1]}` stands beside `events`, where nothing else may; put it into each event",
        )
    return _shape(
        "wrong_type",
        'the body is one event (a JSON object) or `{"events": [...]}`; a bare array is not taken',
    )


def _check_encoding(body: Body) -> None:
    if body.isascii():
        return
    if body.startswith(codecs.BOM_UTF8):
        raise _malformed("it begins with a byte order mark (EF BB BF); leave it out")
    start = 0
    while start < len(body):
        part = body[start : start + _TEXT_BYTES]
        try:
            start += codecs.utf_8_decode(part, "strict", start + len(part) == len(body))[1]
        except UnicodeDecodeError as error:
            raise _malformed(f"it is not UTF-8 (byte {start + error.start}: {error.reason})") from None


def _malformed(why: str) -> Problem:
    why = why.removeprefix("JSON is malformed: ").replace("Input data was truncated", "it ends too early")
    return Problem(400, "malformed_json", f"the body is not valid JSON: {why}")


def _shape(code: str, detail: str) -> Problem:
    return Problem(422, code, detail)
