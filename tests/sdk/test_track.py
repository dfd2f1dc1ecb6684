"""`track()`: what is on the wire for what was said, and that nothing said can hurt the host."""

import logging
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import llmlab
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llmlab import LLMLab
from llmlab.testing import Receiver, Reply
from llmlab_shared.domain.event_rules import find_problem
from llmlab_shared.domain.events import Event
from llmlab_shared.ids import time_in
from msgspec import json


def sent(client: LLMLab, receiver: Receiver) -> dict[str, Any]:
    assert client.flush()
    return receiver.events[-1]


def test_an_event_says_what_was_said(client: LLMLab, receiver: Receiver) -> None:
    client.track(
        "openai",
        "gpt-4",
        1000,
        500,
        feature="search",
        customer=42,  # type: ignore[arg-type]  # people have numbers for customers
        tags={"plan": "pro", "beta": True, "score": 8.5},
        latency_ms=812.4,
        reported_cost=Decimal("0.0600"),
        units={"web_searches": 2, "seconds": Decimal("1.5")},
        metadata={"attempt": 1, "inner": {"list": [1, "two", None]}},
    )
    event = sent(client, receiver)
    assert all(event.pop(name) for name in ("id", "timestamp", "process_id"))
    assert event == {
        "provider": "openai",
        "model": "gpt-4",
        "input_tokens": 1000,
        "output_tokens": 500,
        "feature": "search",
        "customer": "42",
        "tags": {"plan": "pro", "beta": "true", "score": "8.5"},
        "latency_ms": 812,
        "reported_cost": "0.0600",
        "units": {"web_searches": 2, "seconds": "1.5"},
        "metadata": {"attempt": 1, "inner": {"list": [1, "two"]}},
        "seq": 1,
    }


def test_the_id_is_a_uuid7_of_the_events_own_time(client: LLMLab, receiver: Receiver) -> None:
    moment = datetime(2025, 3, 4, 5, 6, 7, 890123, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    client.track("openai", "gpt-4", 1, 1, timestamp=moment)
    event = sent(client, receiver)
    assert event["timestamp"] == "2025-03-03T23:21:07.890123Z"
    inside = time_in(UUID(event["id"]))
    assert inside is not None
    assert timedelta(0) <= moment - inside < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04:05.25+01:00", "2026-01-02T02:04:05.250000Z"),
        (1767323045, "2026-01-02T03:04:05.000000Z"),
        (1767323045.5, "2026-01-02T03:04:05.500000Z"),
        (datetime(2026, 1, 2, 3, 4, 5).astimezone(), None),
        (datetime(2026, 1, 2, 3, 4, 5), None),  # noqa: DTZ001  # that is the test
    ],
)
def test_times_may_be_given_in_many_ways(
    client: LLMLab, receiver: Receiver, given: Any, written: str | None
) -> None:
    if written is None:  # local time, with and without saying so
        local = datetime(2026, 1, 2, 3, 4, 5).astimezone(UTC)
        written = local.isoformat(timespec="microseconds").replace("+00:00", "Z")
    client.track("openai", "gpt-4", 1, 1, timestamp=given)
    assert sent(client, receiver)["timestamp"] == written


def test_an_id_of_ones_own_is_kept_and_gives_the_time(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 1, 1, id="01936f5c-8a00-7000-8000-000000000001")
    event = sent(client, receiver)
    assert event["id"] == "01936f5c-8a00-7000-8000-000000000001"
    inside = time_in(UUID(event["id"]))
    assert inside == datetime.fromisoformat(event["timestamp"])


def test_what_the_caller_changes_afterwards_changes_no_event(client: LLMLab, receiver: Receiver) -> None:
    usage: dict[str, Any] = {"prompt_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 1}}
    tags = {"plan": "pro"}
    client.track("openai", "gpt-4", usage=usage, tags=tags)
    usage["prompt_tokens"] = 99
    usage["completion_tokens_details"]["reasoning_tokens"] = 99
    tags["plan"] = "free"
    event = sent(client, receiver)
    assert event["usage"] == {"prompt_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 1}}
    assert event["tags"] == {"plan": "pro"}


def test_seq_counts_from_one_and_process_id_is_the_same(client: LLMLab, receiver: Receiver) -> None:
    for _ in range(5):
        client.track("openai", "gpt-4", 1, 1)
    assert client.flush()
    assert [event["seq"] for event in receiver.events] == [1, 2, 3, 4, 5]
    assert len({event["process_id"] for event in receiver.events}) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "missing_field"),
        ({"provider": "openai"}, "missing_field"),
        ({"provider": "openai", "model": "m" * 257}, "missing_field"),
        ({"provider": "openai", "model": "gpt-4", "input_tokens": "12"}, "wrong_type"),
        ({"provider": "openai", "model": "gpt-4", "input_tokens": 1.5}, "wrong_type"),
        ({"provider": "openai", "model": "gpt-4", "input_tokens": float("nan")}, "wrong_type"),
        ({"provider": "openai", "model": "gpt-4", "input_tokens": 10**5000}, "wrong_type"),
        ({"provider": "openai", "model": "gpt-4", "id": "seven"}, "bad_id"),
        ({"provider": "openai", "model": "gpt-4", "timestamp": "yesterday"}, "bad_timestamp"),
        ({"provider": "openai", "model": "gpt-4", "timestamp": 1e300}, "timestamp_out_of_range"),
    ],
)
def test_what_cannot_be_an_event_is_counted_and_leaves_a_gap(
    client: LLMLab, receiver: Receiver, fields: dict[str, Any], reason: str
) -> None:
    client.track(**fields)
    client.track("openai", "gpt-4", 1, 1)
    event = sent(client, receiver)
    assert client.stats()["dropped"] == {reason: 1}
    assert len(receiver.events) == 1
    assert event["seq"] == 2


@pytest.mark.parametrize(
    ("fields", "reason", "gone"),
    [
        ({"feature": "x" * 257}, "too_long", "feature"),
        ({"feature": object()}, "wrong_type", "feature"),
        ({"latency_ms": "fast"}, "wrong_type", "latency_ms"),
        ({"featrue": "search"}, "unknown_field", "featrue"),
        ({"prompt": "What is the meaning of life?"}, "unknown_field", "prompt"),
        ({"tags": {"a": "x" * 257}}, "bad_tag", "tags"),
        ({"tags": {"": "x"}}, "bad_tag", "tags"),
        ({"tags": "plan=pro"}, "wrong_type", "tags"),
        ({"metadata": {"text": "x" * 257}}, "too_long", "metadata"),
        ({"metadata": {str(n): "x" * 100 for n in range(60)}}, "too_long", "metadata"),
        ({"usage": {str(n): n for n in range(600)}}, "too_long", "usage"),
        ({"usage": "12 tokens"}, "wrong_type", "usage"),
        ({"units": [1]}, "wrong_type", "units"),
        ({"reported_cost": True}, "wrong_type", "reported_cost"),
    ],
)
def test_what_does_not_fit_is_left_out_and_counted(
    client: LLMLab, receiver: Receiver, fields: dict[str, Any], reason: str, gone: str
) -> None:
    client.track("openai", "gpt-4", 1, 1, **fields)
    event = sent(client, receiver)
    assert gone not in event
    assert client.stats()["mended"] == {reason: 1}
    assert client.stats()["accepted"] == 1


def test_too_many_tags_are_counted(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 1, 1, tags={str(n): n for n in range(40)})
    assert len(sent(client, receiver)["tags"]) == 32
    assert client.stats()["mended"] == {"too_many_tags": 8}


def test_a_misspelt_field_is_named_once_in_the_log(
    client: LLMLab, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        client.track("openai", "gpt-4", 1, 1, featur="search")  # type: ignore[call-arg]  # that is the test
    assert client.flush()
    assert [record.message for record in caplog.records if "featur" in record.message] == [
        "part of an event was left out (unknown_field): `featur` is no field; did you mean `feature`?; "
        "further ones are counted in stats(), not logged"
    ]


def test_texts_that_no_database_keeps_are_mended(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 1, 1, feature="a\x00b\ud83d", tags={"e": "🙂é"})
    client.track("openai", "gpt-4", 1, 1, usage={"n": float("inf"), "m": 1})
    assert client.flush()
    first, second = receiver.events
    assert first["feature"] == "ab?"
    assert first["tags"] == {"e": "🙂é"}
    assert second["usage"] == {"n": None, "m": 1}


def test_usage_objects_of_libraries_are_written_as_they_are(client: LLMLab, receiver: Receiver) -> None:
    class Pydantic:
        def model_dump(self, **_: Any) -> dict[str, Any]:
            return {"input_tokens": 3, "service_tier": "standard"}

    class Kind(Enum):
        TEXT = "TEXT"

    objects = [
        Pydantic(),
        SimpleNamespace(prompt_tokens=3, prompt_tokens_details=SimpleNamespace(cached_tokens=1), _private=1),
        {"promptTokensDetails": [{"modality": Kind.TEXT, "tokenCount": 3}]},
    ]
    for usage in objects:
        client.track("openai", "gpt-4", usage=usage)
    assert client.flush()
    assert [event["usage"] for event in receiver.events] == [
        {"input_tokens": 3, "service_tier": "standard"},
        {"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1}},
        {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}]},
    ]


def test_a_label_that_is_too_large_harms_no_other(client: LLMLab, receiver: Receiver) -> None:
    with llmlab.context(customer="acme", metadata={str(number): number for number in range(1000)}):
        client.track("openai", "gpt-4", 1, 1)
    assert client.flush(30)
    (event,) = receiver.events
    assert event["customer"] == "acme"
    assert "metadata" not in event
    assert client.stats()["mended"] == {"too_long": 1}


def test_context_labels_the_calls_inside(client: LLMLab, receiver: Receiver) -> None:
    with llmlab.context(feature="search", tags={"a": "1", "b": "1"}):
        with llmlab.context(customer="acme", tags={"b": "2"}):
            client.track("openai", "gpt-4", 1, 1, tags={"c": "3"})
        client.track("openai", "gpt-4", 1, 1, feature="own")
    client.track("openai", "gpt-4", 1, 1)
    assert client.flush()
    inner, outer, outside = receiver.events
    assert (inner["feature"], inner["customer"]) == ("search", "acme")
    assert inner["tags"] == {"a": "1", "b": "2", "c": "3"}
    assert (outer["feature"], outer.get("customer")) == ("own", None)
    assert "feature" not in outside


def test_defaults_hold_for_every_event(receiver: Receiver) -> None:
    with LLMLab(
        receiver.api_key, receiver.url, defaults={"environment": "production", "tags": {"a": "1"}}
    ) as client:
        client.track("openai", "gpt-4", 1, 1, tags={"b": "2"})
    assert receiver.events[0]["environment"] == "production"
    assert receiver.events[0]["tags"] == {"a": "1", "b": "2"}


def test_a_slow_server_does_not_hold_the_caller(receiver: Receiver) -> None:
    answer, asked = threading.Event(), threading.Event()

    def wait(_: object) -> Reply | None:
        asked.set()
        answer.wait(30)
        return None

    receiver.reply_always(wait)
    with LLMLab(receiver.api_key, receiver.url, timeout=60) as client:
        client.track("openai", "gpt-4", 1, 1)
        assert asked.wait(30)
        for _ in range(5000):
            client.track("openai", "gpt-4", 1, 1)
        assert not answer.is_set()
        assert client.stats()["queued"] == 5001
        answer.set()
        assert client.flush(30)
    assert len(receiver.events) == 5001


def test_without_a_key_nothing_is_kept_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with LLMLab() as client:
        for _ in range(3):
            client.track("openai", "gpt-4", 1, 1)
        assert client.flush()
        assert client.stats()["dropped"] == {"no_api_key": 3}
    assert len(caplog.records) == 1
    assert "llmlab init" in caplog.text


def test_a_closed_client_counts_what_comes_later(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 1, 1)
    assert client.close()
    client.track("openai", "gpt-4", 1, 1)
    assert client.stats()["dropped"] == {"closed": 1}
    assert client.stats()["accepted"] == len(receiver.events) == 1


class _Hostile:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __hash__ = __eq__ = __len__ = __bool__ = __index__ = __float__ = __str__  # type: ignore[assignment]  # all the same


_JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.decimals(),
        st.datetimes(),
        st.uuids(),
        st.builds(_Hostile),
        st.builds(object),
        st.just("x" * 10_000),
        st.builds(lambda: 10**5000),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=4),
        st.tuples(inner),
    ),
    max_leaves=8,
)
_NAMES = st.one_of(st.sampled_from([name for name in Event.__struct_fields__ if name != "seq"]), st.text())


@pytest.fixture(scope="module")
def anything() -> Any:
    with Receiver() as receiver, LLMLab(receiver.api_key, receiver.url) as client:
        yield client, receiver


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(positional=st.lists(_JUNK, max_size=6), fields=st.dictionaries(_NAMES, _JUNK, max_size=6))
def test_track_never_raises_and_what_it_sends_is_sound(
    anything: tuple[LLMLab, Receiver], positional: list[Any], fields: dict[str, Any]
) -> None:
    client, receiver = anything
    for name in ("provider", "model", "input_tokens", "output_tokens", "self")[: max(1, len(positional))]:
        fields.pop(name, None)
    fields.pop("self", None)
    before = client.stats()["recorded"]
    client.track(*positional, **fields)
    client.track("openai", "gpt-4", 1, 1, **{k: v for k, v in fields.items() if k not in _POSITIONAL})
    assert client.flush()
    stats = client.stats()
    assert stats["recorded"] == before + 2
    assert "internal_error" not in stats["dropped"]
    assert stats["recorded"] == stats["accepted"] + sum(stats["dropped"].values())
    for event in receiver.events:
        _is_json_the_server_understands(event)
    receiver.events.clear()


_POSITIONAL = ("provider", "model", "input_tokens", "output_tokens")
# What a client cannot know better than the server, which rejects the event and says so.
_JUDGED_BY_THE_SERVER = {"status", "billing", "reported_by", "units", "reported_cost"} | {
    name for name in Event.__struct_fields__ if name.endswith("_tokens")
}


def _is_json_the_server_understands(event: dict[str, Any]) -> None:
    rest = {name: value for name, value in event.items() if name not in _JUDGED_BY_THE_SERVER}
    decoded = json.decode(json.encode(rest), type=Event)
    problem = find_problem(decoded, datetime.now(UTC) + timedelta(hours=24))
    assert problem is None or problem.code in ("timestamp_out_of_range", "bad_id"), problem


def test_logging_is_quiet_while_all_is_well(
    client: LLMLab, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="llmlab"):
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush()
    assert [record for record in caplog.records if record.name == "llmlab"] == []
