"""The verdict on every kind of event and of body."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from llmlab_api.errors import Problem
from llmlab_api.ingest.judge import Judged, judge
from llmlab_shared.clock import to_us
from llmlab_shared.domain.events import MAX_EVENTS
from llmlab_shared.ids import uuid7
from llmlab_shared.queue.entry import MAX_ENTRY_BYTES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATEST = NOW + timedelta(hours=24)
V4 = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
STAMP = "2026-11-23T10:00:00Z"
BASE = {"provider": "openai", "model": "gpt-4"}


def v7(at: datetime) -> str:
    return str(uuid7(to_us(at)))


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return {"a": value}


def verdict(fields: dict[str, Any] | bytes) -> tuple[str, str] | None:
    """The code and message for one event between two good ones, or None; `fields` bytes are raw JSON."""
    raw = fields if isinstance(fields, bytes) else json.dumps({**BASE, **fields}).encode()
    good = json.dumps(BASE).encode()
    judged = judge(b'{"events":[' + b",".join((good, raw, good)) + b"]}", LATEST)
    if not judged.rejected:
        assert judged.accepted == 3
        return None
    (rejection,) = judged.rejected
    assert (judged.accepted, rejection.index) == (2, 1)
    ((piece, count),) = judged.pieces
    assert (count, json.loads(piece)) == (2, {"events": [BASE, BASE]})
    return rejection.code, rejection.message


GOOD: dict[str, dict[str, Any] | bytes] = {
    "units as floats are written": {"units": {"seconds": 0.1 + 0.2, "pages": 1e-7}},
    "only what is required": {},
    "null everywhere": dict.fromkeys(
        (
            "id",
            "timestamp",
            "api",
            "seq",
            "usage",
            "units",
            "reported_cost",
            "billing",
            "status",
            "tags",
            "metadata",
        )
    ),
    "v4 with timestamp": {"id": V4, "timestamp": STAMP},
    "v4 of a time far off, if it were one": {"id": V4.replace("7d", "00", 1), "timestamp": STAMP},
    "capitals": {"id": V4.upper(), "timestamp": STAMP},
    "a compact id": {"id": V4.replace("-", ""), "timestamp": STAMP},
    "v7 without timestamp": {"id": v7(NOW)},
    "v7 48 hours off": {"id": v7(NOW - timedelta(hours=48)), "timestamp": NOW.isoformat()},
    "a zone": {"timestamp": "2026-11-23T10:00:00.123456+05:45"},
    "the first instant": {"timestamp": "2020-01-01T00:00:00Z"},
    "the last instant": {"timestamp": LATEST.isoformat()},
    "counts at their limit": {"input_tokens": 10**12, "output_tokens": 0},
    "256 characters": {"customer": "é" * 256, "tags": {"k" * 256: "v" * 256}},
    "32 tags": {"tags": {str(n): "" for n in range(32)}},
    "money as text": {"reported_cost": "0.000000000001", "reported_by": "provider"},
    "money as number": b'{"provider":"a","model":"b","reported_cost":1000000000.0}',
    "money with a sign": {"reported_cost": "+1.50"},
    "money as a number with an exponent": b'{"provider":"a","model":"b","reported_cost":1.5e-7}',
    "units": {"units": {"web_searches": 3, "seconds": 1.5, "pages": "2"}},
    "parts of totals": {"input_tokens": 9, "cache_read_tokens": 4, "cache_write_tokens": 5},
    "usage of 8 KiB": {"usage": {"a": "x" * (8192 - 9)}},
    "metadata of 4 KiB": {"metadata": {str(n): "x" * 200 for n in range(19)}},
    "metadata text of 256 characters": {"metadata": {"ключ": "д" * 256}},
    "64 levels": {"usage": deep(63), "metadata": deep(63)},
    "brackets in texts": {"metadata": {"a": "[" * 200, "b": "{" * 200}},
    "numbers of doubles": b'{"provider":"a","model":"b","metadata":{"a":1e300,"b":-1.5E-300,"c":0e999}}',
    "digits in texts": {"metadata": {"a": "1e9999", "b": "9" * 250}},
    "an escaped backslash before u0000": b'{"provider":"a","model":"b","team":"\\\\u0000 \\\\ud800"}',
    "an emoji, escaped": b'{"provider":"a","model":"b","team":"\\ud83d\\ude00"}',
    "duplicate keys": b'{"provider":"a","model":"b","model":"c","usage":{"a":1,"a":2}}',
    "escaped keys": b'{"provider":"a","mod\\u0065l":"b"}',
    "white space": b' {\n"provider" :\t"a" , "model":"b"\r\n} ',
}

MISSING = "every event names its provider and model"
BAD: dict[str, tuple[dict[str, Any] | bytes, str, str]] = {
    "a blank provider": ({"provider": " \t"}, "missing_field", "`provider` is blank"),
    "a blank model": ({"model": "\u2003"}, "missing_field", "`model` is blank"),
    "a count beyond everything": (
        b'{"provider":"a","model":"b","input_tokens":1e999}',
        "out_of_range",
        "`input_tokens` is a number beyond",
    ),
    "an endless name of a field": ({"tagz" + "z" * 10_000: 1}, "unknown_field", "`tagzzz"),
    "a unit of endless digits": ({"units": {"seconds": "0." + "3" * 41}}, "out_of_range", "round it"),
    "a unit with a huge exponent": (
        b'{"provider":"a","model":"b","units":{"seconds":0e99999}}',
        "out_of_range",
        "round it",
    ),
    "no model": (b'{"provider":"a"}', "missing_field", "`model` is missing"),
    "nothing": (b"{}", "missing_field", MISSING),
    "empty model": ({"model": ""}, "missing_field", "`model` is empty"),
    "no object": (b"5", "wrong_type", "the event is an object, not a whole number"),
    "null": (b"null", "wrong_type", "the event is an object, not null"),
    "text for a count": ({"input_tokens": "7"}, "wrong_type", "`input_tokens` is a whole number, not a text"),
    "half a token": ({"input_tokens": 1.5}, "wrong_type", "not a number with a fraction"),
    "true for a count": ({"seq": True}, "wrong_type", "not true or false"),
    "null provider": ({"provider": None}, "wrong_type", "`provider` is a text, not null"),
    "a list for a name": ({"user": []}, "wrong_type", "`user` is a text"),
    "a tag that is no text": ({"tags": {"a": 1}}, "wrong_type", "a value in `tags` is a text"),
    "usage no object": ({"usage": [1]}, "wrong_type", "`usage` is a JSON object"),
    "metadata no object": ({"metadata": "x"}, "wrong_type", "`metadata` is a JSON object"),
    "money that is none": ({"reported_cost": "1 dollar"}, "wrong_type", "a decimal string"),
    "negative": ({"input_tokens": -1}, "out_of_range", "`input_tokens` is at least 0"),
    "too many": ({"input_tokens": 10**12 + 1}, "out_of_range", "at most 1000000000000"),
    "absurd": ({"output_tokens": 10**40}, "out_of_range", "at most"),
    "unknown status": ({"status": "fine"}, "out_of_range", "one of ok, error, aborted"),
    "unknown billing": ({"billing": "x"}, "out_of_range", "one of metered"),
    "negative money": ({"reported_cost": "-0.01"}, "out_of_range", "`reported_cost`"),
    "too much money": ({"reported_cost": "1000000000.01"}, "out_of_range", "`reported_cost`"),
    "infinite money": ({"reported_cost": "Infinity"}, "wrong_type", "`reported_cost`"),
    "no number": ({"reported_cost": "sNaN"}, "wrong_type", "`reported_cost`"),
    **{
        f"money as {text!r}": ({"reported_cost": text}, "wrong_type", "`reported_cost` is a number or a")
        for text in ("1_000", " 1 ", "1\n", "", ".5", "5.", "1e3", "0x1", "１", "1,5", "$1", "--1")
    },
    **{
        f"units as {text!r}": ({"units": {"pages": text}}, "wrong_type", "`units.pages` is a number or a")
        for text in ("1_000", " 1 ", "1e3", "٣")
    },
    "units that are an array": ({"units": {"pages": [1]}}, "wrong_type", "`units.pages`"),
    "units that are true": ({"units": {"pages": True}}, "wrong_type", "`units.pages`"),
    "units that are null": ({"units": {"pages": None}}, "wrong_type", "`units.pages`"),
    "an exponent beyond reason": (
        b'{"provider":"a","model":"b","reported_cost":1e99999999999999999999}',
        "wrong_type",
        "`reported_cost`",
    ),
    "negative units": ({"units": {"images": -1}}, "out_of_range", "`units.images`"),
    "endless units": ({"units": {"images": "NaN"}}, "wrong_type", "`units.images`"),
    "an empty tag name": ({"tags": {"": "x"}}, "out_of_range", "a name in `tags` is empty"),
    "65 levels in usage": ({"usage": deep(64)}, "out_of_range", "`usage` is nested deeper than 64"),
    "65 levels in metadata": ({"metadata": deep(64)}, "out_of_range", "`metadata` is nested deeper"),
    "65 levels behind brackets in texts": (
        {"metadata": {"a]}": "]}" * 60, "b": deep(64)}},
        "out_of_range",
        "nested deeper",
    ),
    "a number beyond a double": (
        b'{"provider":"a","model":"b","usage":{"n":1e400}}',
        "out_of_range",
        "`usage` holds a number",
    ),
    "a number below a double": (
        b'{"provider":"a","model":"b","metadata":{"n":-1.5E-0400}}',
        "out_of_range",
        "`metadata` holds a number",
    ),
    "a number of 400 digits": ({"usage": {"n": 10**400}}, "out_of_range", "holds a number"),
    "300 digits and an exponent": (
        b'{"provider":"a","model":"b","usage":{"n":' + b"1" * 300 + b"e99}}",
        "out_of_range",
        "holds a number",
    ),
    "unknown unit": ({"units": {"hours": 1}}, "unknown_field", "one of web_searches"),
    "unknown field": ({"xyzzy": "x"}, "unknown_field", "not a field of an event: put what"),
    "nearly a field": ({"input_token": 1}, "unknown_field", "did you mean `input_tokens`?"),
    "the batch in capitals": ({"Events": []}, "unknown_field", "did you mean `events`?"),
    "a prompt": ({"messages": []}, "unknown_field", "not a field"),
    "no zone": ({"timestamp": "2026-11-23T10:00:00"}, "bad_timestamp", "with its zone"),
    "no time": ({"timestamp": "yesterday"}, "bad_timestamp", "RFC 3339"),
    "seconds": ({"timestamp": 1763892000}, "wrong_type", "a time with its zone"),
    "too early": ({"timestamp": "2019-12-31T23:59:59Z"}, "timestamp_out_of_range", "2020-01-01"),
    "too late": ({"timestamp": "2026-11-24T12:00:01Z"}, "timestamp_out_of_range", "24 hours from now"),
    "the year 1": ({"timestamp": "0001-01-01T00:00:00+05:00"}, "timestamp_out_of_range", "`timestamp`"),
    "the year 9999": ({"timestamp": "9999-12-31T23:59:59-05:00"}, "timestamp_out_of_range", "`timestamp`"),
    "an old id": ({"id": v7(datetime(2019, 1, 1, tzinfo=UTC))}, "timestamp_out_of_range", "`id` says"),
    "an id of the far future": (
        {"id": "ffffffff-ffff-7fff-bfff-ffffffffffff"},
        "timestamp_out_of_range",
        "`id` says",
    ),
    "no UUID": ({"id": "call-1"}, "bad_id", "is not a UUID"),
    "hyphens astray": ({"id": "7d4448409-dc0-41d1-b245-5ffdce74fad2", "timestamp": STAMP}, "bad_id", "UUID"),
    "the last hyphen astray": (
        {"id": "7d444840-9dc0-41d1-b2455-ffdce74fad2", "timestamp": STAMP},
        "bad_id",
        "UUID",
    ),
    "too many hyphens": (
        {"id": "7d444840-9dc0-41d1-b245-5ffdce74fa--", "timestamp": STAMP},
        "bad_id",
        "UUID",
    ),
    "spaces in an id": ({"id": "7d444840-9dc0-41d1-b245-5ffdce74fa  ", "timestamp": STAMP}, "bad_id", "UUID"),
    "no hexadecimal": ({"id": "7d444840-9dc0-41d1-b245-5ffdce74fadg", "timestamp": STAMP}, "bad_id", "UUID"),
    "no ASCII": ({"id": "7d444840-9dc0-41d1-b245-5ffdce74fad\uff11", "timestamp": STAMP}, "bad_id", "UUID"),
    "v4 without timestamp": ({"id": V4}, "bad_id", "needs a UUIDv7"),
    "v7 too far off": (
        {"id": v7(NOW - timedelta(hours=48, seconds=1)), "timestamp": NOW.isoformat()},
        "bad_id",
        "more than 48 hours",
    ),
    "v7 too far ahead": (
        {"id": v7(NOW), "timestamp": (NOW - timedelta(hours=48, seconds=1)).isoformat()},
        "bad_id",
        "more than 48 hours",
    ),
    "parts above the input": (
        {"input_tokens": 9, "cache_read_tokens": 10},
        "inconsistent_usage",
        "totals that include every part",
    ),
    "parts without a total": ({"cache_read_tokens": 10}, "inconsistent_usage", "totals"),
    "reasoning above the output": (
        {"output_tokens": 5, "reasoning_tokens": 6},
        "inconsistent_usage",
        "reasoning",
    ),
    "one-hour writes above all writes": (
        {"input_tokens": 9, "cache_write_tokens": 1, "cache_write_1h_tokens": 2},
        "inconsistent_usage",
        "cache_write_1h_tokens",
    ),
    "257 characters": ({"user": "x" * 257}, "too_long", "`user` has more than 256 characters"),
    "a tag of 257": ({"tags": {"a": "x" * 257}}, "too_long", "a value in `tags`"),
    "a tag name of 257": ({"tags": {"x" * 257: "a"}}, "too_long", "a name in `tags`"),
    "33 tags": ({"tags": {str(n): "" for n in range(33)}}, "too_long", "more than 32 entries"),
    "usage above 8 KiB": ({"usage": {"a": "x" * 8192}}, "too_long", "at most 8192"),
    "metadata above 4 KiB": ({"metadata": {str(n): "x" * 200 for n in range(20)}}, "too_long", "4096"),
    "a prompt in metadata": ({"metadata": {"a": [{"b": "x" * 257}]}}, "too_long", "not for prompts"),
    "a long key in metadata": ({"metadata": {"x" * 257: 1}}, "too_long", "not for prompts"),
    "a prompt behind a duplicate key": (
        b'{"provider":"a","model":"b","metadata":{"a":"' + b"x" * 257 + b'","a":1}}',
        "too_long",
        "not for prompts",
    ),
    "an event above an entry": (
        b'{"provider":"a","model":"b"' + b" " * MAX_ENTRY_BYTES + b"}",
        "too_long",
        "bytes of JSON",
    ),
    "NUL in a field": (b'{"provider":"a","model":"\\u0000"}', "nul_byte", "remove it"),
    "NUL in usage": (b'{"provider":"a","model":"b","usage":{"\\u0000":1}}', "nul_byte", "remove it"),
    "NUL after a backslash": (b'{"provider":"a","model":"\\\\\\u0000"}', "nul_byte", "remove it"),
    "half a pair": (b'{"provider":"a","model":"b","team":"\\ud83d?"}', "nul_byte", "surrogate"),
    "the other half": (b'{"provider":"a","model":"b","metadata":{"a":"\\uDE00"}}', "nul_byte", "surrogate"),
    "two first halves": (b'{"provider":"a","model":"b","team":"\\ud83d\\ud83d"}', "nul_byte", "surrogate"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_event_is_taken(name: str) -> None:
    assert verdict(GOOD[name]) is None


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_refused_alone_and_says_why(name: str) -> None:
    fields, code, words = BAD[name]
    said = verdict(fields)
    assert said is not None
    assert said[0] == code
    assert words in said[1]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_refused_when_it_is_all_there_is(name: str) -> None:
    fields, code, _ = BAD[name]
    raw = fields if isinstance(fields, bytes) else json.dumps({**BASE, **fields}).encode()
    judged = judge(b'{"events":[' + raw + b"]}", LATEST)
    assert (judged.accepted, [rejection.code for rejection in judged.rejected]) == (0, [code])


@pytest.mark.parametrize("name", GOOD)
def test_the_short_way_takes_good_events_as_they_came(name: str) -> None:
    fields = GOOD[name]
    raw = fields if isinstance(fields, bytes) else json.dumps({**BASE, **fields}).encode()
    body = b'{"events":[' + raw + b"]}"
    assert judge(body, LATEST) == Judged(1, [(body, 1)], [])


def test_an_id_is_repeated_when_it_is_a_text() -> None:
    bodies = [{"id": V4}, {"id": 5}, {"id": "x" * 300}, 5]
    judged = judge(json.dumps({"events": bodies}).encode(), LATEST)
    assert [rejection.id for rejection in judged.rejected] == [V4, None, "x" * 64, None]


BODIES: dict[str, tuple[bytes, int, str, str]] = {
    "nothing": (b"", 400, "malformed_json", "ends too early"),
    "half": (b'{"provider":"a","model":', 400, "malformed_json", "ends too early"),
    "a comma too many": (b'{"events":[{"a":1,}]}', 400, "malformed_json", "byte 18"),
    "two documents": (b"{}{}", 400, "malformed_json", "trailing characters (byte 3)"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "malformed_json", "begins with a byte order mark"),
    "Latin-1": (b'{"provider":"caf\xe9","model":"a"}', 400, "malformed_json", "not UTF-8 (byte 16"),
    "Latin-1 in usage": (b'{"usage":{"a":"\xe9"}}', 400, "malformed_json", "not UTF-8"),
    "UTF-16": ('{"provider":"a"}'.encode("utf-16"), 400, "malformed_json", "not UTF-8"),
    "a raw NUL": (b'{"provider":"a\x00"}', 400, "malformed_json", "byte 14"),
    "a raw NUL in metadata": (b'{"metadata":{"a":"\x00"}}', 400, "malformed_json", "invalid character"),
    "NaN": (b'{"events":[{"usage":{"a":NaN}}]}', 400, "malformed_json", "byte 25"),
    "20,000 levels": (b'{"a":' * 20_000, 400, "malformed_json", "nested too deeply"),
    "20,000 levels in an event": (
        b'{"events":[{"metadata":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}]}",
        400,
        "malformed_json",
        "nested too deeply",
    ),
    "20,000 levels in the one event": (
        b'{"metadata":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        400,
        "malformed_json",
        "nested too deeply",
    ),
    "a list": (b'[{"provider":"a","model":"b"}]', 422, "wrong_type", "a bare array is not taken"),
    "a text": (b'"x"', 422, "wrong_type", "the body is one event"),
    "null": (b"null", 422, "wrong_type", "the body is one event"),
    "events no list": (b'{"events":{}}', 422, "wrong_type", "the body is one event"),
    "no events": (b'{"events":[]}', 422, "missing_field", "send at least one event"),
    "something beside events": (b'{"events":[{}],"source":"x"}', 422, "unknown_field", "`source`"),
    "1,001 events": (
        json.dumps({"events": [BASE] * (MAX_EVENTS + 1)}).encode(),
        413,
        "too_many_events",
        "more than 1000 events",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_refused_whole(name: str) -> None:
    body, status, code, words = BODIES[name]
    with pytest.raises(Problem) as caught:
        judge(body, LATEST)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert words in caught.value.detail


def test_ids_of_all_kinds_and_times_in_one_batch() -> None:
    days = [NOW - timedelta(days=n) for n in range(0, 2000, 100)]
    events = [{**BASE, "id": v7(day), "timestamp": day.isoformat()} for day in days]
    events += [
        {**BASE, "id": V4[:-2] + str(n), "timestamp": day.isoformat()} for n, day in enumerate(days, 10)
    ]
    body = json.dumps({"events": events}).encode()
    assert judge(body, LATEST) == Judged(len(events), [(body, len(events))], [])
    bad = {**BASE, "id": v7(days[3]), "timestamp": days[4].isoformat()}
    judged = judge(json.dumps({"events": [*events, bad]}).encode(), LATEST)
    assert [(rejection.index, rejection.code) for rejection in judged.rejected] == [(len(events), "bad_id")]


def test_the_largest_batch_is_taken() -> None:
    assert judge(json.dumps({"events": [BASE] * MAX_EVENTS}).encode(), LATEST).accepted == MAX_EVENTS


def test_a_large_body_is_split_in_order_with_every_event_once() -> None:
    events = [{**BASE, "seq": n, "metadata": {str(k): "x" * 250 for k in range(n % 15)}} for n in range(900)]
    judged = judge(json.dumps({"events": events}).encode(), LATEST)
    assert (judged.accepted, judged.rejected) == (900, [])
    assert len(judged.pieces) > 3
    assert all(len(piece) <= MAX_ENTRY_BYTES for piece, _ in judged.pieces)
    # No two neighbours would fit together: as few entries as order allows.
    sizes = [len(piece) for piece, _ in judged.pieces]
    assert all(a + b > MAX_ENTRY_BYTES for a, b in pairwise(sizes))
    decoded = [json.loads(piece)["events"] for piece, _ in judged.pieces]
    assert [len(part) for part in decoded] == [count for _, count in judged.pieces]
    assert [event for part in decoded for event in part] == events


def test_an_event_of_exactly_an_entry_is_taken() -> None:
    raw = json.dumps(BASE).encode()
    raw = raw[:-1] + b" " * (MAX_ENTRY_BYTES - len(b'{"events":[]}') - len(raw)) + b"}"
    for body in (raw, b'{"events":[' + raw + b"]}"):
        ((piece, count),) = judge(body, LATEST).pieces
        assert (len(piece), count) == (MAX_ENTRY_BYTES, 1)
    assert [rejection.code for rejection in judge(raw[:-1] + b" }", LATEST).rejected] == ["too_long"]
