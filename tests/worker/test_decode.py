"""Decoding is lenient, places every event in time, and sets aside alone what cannot be read."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from ledger import entry_of, event, v7
from llmlab_shared.clock import now_us, to_us
from llmlab_shared.domain.events import Event
from llmlab_shared.ids import derive_event_id, time_in
from llmlab_shared.queue.entry import Entry
from llmlab_worker.pipeline.decode import StoredEvent, decode, read_tags, unreadable_id

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def one(**fields: Any) -> Entry:
    return entry_of(event(**fields), workspace_id=1, at_us=to_us(NOON))


def test_an_entry_may_hold_every_field_the_api_accepts() -> None:
    assert set(StoredEvent.__struct_fields__) == set(Event.__struct_fields__)


def test_without_id_and_time_the_entry_gives_both() -> None:
    entry = one()
    first, again = decode(entry).calls[0], decode(entry).calls[0]
    assert first.id == again.id == derive_event_id(entry.id, 0, entry.at_us).bytes
    assert first.at_us == entry.at_us
    assert first.id_time_us == entry.at_us // 1000 * 1000
    assert not first.timeless


def test_events_of_one_entry_get_ids_of_their_own() -> None:
    calls = decode(entry_of(event(), event(), event(), workspace_id=1)).calls
    assert len({call.id for call in calls}) == 3


def test_a_uuid7_alone_gives_the_time() -> None:
    identifier = v7(NOON)
    (call,) = decode(one(id=str(identifier))).calls
    inside = time_in(identifier)
    assert inside is not None
    assert call.at_us == call.id_time_us == to_us(inside)


def test_the_timestamp_is_the_events_time_and_the_id_its_place() -> None:
    identifier = v7(NOON)
    (call,) = decode(one(id=str(identifier), timestamp="2026-11-19T23:00:00.5+05:45")).calls
    assert call.at_us == to_us(datetime(2026, 11, 19, 17, 15, 0, 500000, tzinfo=UTC))
    assert call.id_time_us == to_us(NOON) // 1000 * 1000


def test_an_id_without_time_is_placed_by_its_timestamp() -> None:
    (call,) = decode(one(id=str(uuid4()), timestamp=NOON.isoformat())).calls
    assert call.timeless
    assert call.id_time_us == call.at_us == to_us(NOON)


@pytest.mark.parametrize(
    "spelling",
    ["2026-11-20T12:00:00.123456Z", "2026-11-20t12:00:00.123456z", "2026-11-20 12:00:00.123456+00:00"],
)
def test_every_spelling_of_a_time_that_the_api_accepts(spelling: str) -> None:
    (call,) = decode(one(timestamp=spelling)).calls
    assert call.at_us == to_us(NOON)


@pytest.mark.parametrize(
    "fields",
    [
        {"input_tokens": -1},
        {"input_tokens": "many"},
        {"input_tokens": 10**13},
        {"provider": None},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-20T12:00:00"},
        {"timestamp": "1969-11-20T12:00:00Z"},
        {"timestamp": "2036-11-20T12:00:00Z"},
        {"id": "not-an-id"},
        {"id": "abcd"},
        {"id": str(v7(NOON)), "timestamp": "2026-11-10T12:00:00Z"},
        {"status": "splendid"},
        {"reported_cost": "much"},
    ],
)
def test_one_unreadable_event_leaves_its_siblings_alone(fields: dict[str, Any]) -> None:
    bad = event(**fields)
    decoded = decode(entry_of(event(), bad, event(), workspace_id=1, at_us=to_us(NOON)))
    assert [call.index for call in decoded.calls] == [0, 2]
    (poison,) = decoded.poison
    assert poison.place == 1
    assert json.loads(poison.body) == bad


def test_fields_of_a_newer_api_are_passed_over() -> None:
    assert len(decode(one(mood="sunny", more={"deep": [1]})).calls) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events":7}', b"\xff\xfe", b'{"events":[{]}'])
def test_an_entry_that_cannot_be_read_is_one_letter(body: bytes) -> None:
    entry = Entry(UUID(int=7), 1, 1, now_us(), 3, body)
    decoded = decode(entry)
    assert decoded.calls == []
    assert [(poison.place, poison.body) for poison in decoded.poison] == [(-1, body)]


def test_defaults_of_the_key_fill_what_the_event_leaves_out() -> None:
    defaults = b'{"team": "core", "feature": "chat", "tags": {"a": "1", "b": "2"}}'
    entry = entry_of(event(feature="search", tags={"b": "3"}), workspace_id=1, defaults=defaults)
    (call,) = decode(entry).calls
    assert (call.event.team, call.event.feature) == ("core", "search")
    assert read_tags(call.event) == {"a": "1", "b": "3"}


def test_usage_is_kept_byte_for_byte() -> None:
    raw = b'{"provider":"openai","model":"gpt-4","usage":{"prompt_tokens": 1.0,  "x":1e400}}'
    (call,) = decode(entry_of(raw, workspace_id=1)).calls
    assert bytes(call.event.usage) == b'{"prompt_tokens": 1.0,  "x":1e400}'
    assert isinstance(call.event.usage, msgspec.Raw)


def test_a_message_that_is_no_entry_has_one_id_for_ever() -> None:
    assert unreadable_id(0, b"1700000000000-5") == unreadable_id(0, b"1700000000000-5")
    ids = {unreadable_id(s, m) for s in (0, 1) for m in (b"1700000000000-5", b"1700000000000-6")}
    assert len(ids) == 4
