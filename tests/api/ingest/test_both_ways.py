"""The short way of judging a body and the long way never differ, and the worker can read what is taken."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from llmlab_api.errors import Problem
from llmlab_api.ingest.judge import Judged, judge, judge_each
from llmlab_shared.clock import to_us
from llmlab_shared.domain.events import Batch, Event
from llmlab_shared.ids import uuid7

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATEST = NOW + timedelta(hours=24)
V4 = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
BASE = {"provider": "openai", "model": "gpt-4"}


def v7(at: datetime) -> str:
    return str(uuid7(to_us(at)))


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


# What may stand in a field: good, bad and odd, so that many fields of one event disagree.
_TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["x" * 256, "x" * 257, "é" * 129, "\x00", "\\u0000", "\ud800", "😀", "1e999", "[{]}"]),
)
_NUMBERS = st.one_of(
    st.integers(-2, 20),
    st.sampled_from([10**12, 10**12 + 1, 2**63, 10**400, 1.0, 1.5, 1e300, -0.0]),
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_TEXTS, inner, max_size=4),
        st.sampled_from([nested(63), nested(64)]),
    ),
    max_leaves=8,
)
_COUNT_NAMES = [name for name in Event.__struct_fields__ if name.endswith("_tokens")]
_PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from([V4, v7(NOW), v7(NOW - timedelta(hours=60)), V4.replace("-", ""), None, "x"]),
    "timestamp": st.sampled_from(
        [
            "2026-11-23T10:00:00Z",
            "2026-11-21T11:00:00+00:00",
            "2019-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            None,
        ]
    ),
    **{name: st.one_of(st.integers(0, 30), st.none()) for name in _COUNT_NAMES},
    "reported_cost": st.sampled_from(["0", "1e9", "1e10", "NaN", "-1", 0.5, None]),
    "units": st.dictionaries(st.sampled_from(["images", "pages", "x"]), _NUMBERS, max_size=2),
    "usage": st.dictionaries(_TEXTS, _VALUES, max_size=3),
    "metadata": st.dictionaries(_TEXTS, _VALUES, max_size=3),
    "tags": st.dictionaries(_TEXTS, _TEXTS, max_size=3),
    "status": st.sampled_from(["ok", "error", None, "x"]),
    "user": st.one_of(_TEXTS, st.none()),
}
_EVENTS = st.tuples(
    st.fixed_dictionaries({}, optional=_PLAUSIBLE),
    st.dictionaries(st.sampled_from([*_PLAUSIBLE, "provider", "foo"]), _VALUES, max_size=1),
).map(lambda parts: {**BASE, **parts[0], **parts[1]})
_EDITS = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(0, 3),
        st.sampled_from(
            [
                b"",
                b'"',
                b"\\",
                rb"\u0000",
                rb"\ud800",
                b"{",
                b"]",
                b"1e400",
                b"null",
                b",",
                b"\xff",
                b" ",
                b"0",
            ]
        ),
    ),
    max_size=2,
)


def _outcome(way: Any, body: bytes) -> Any:
    """What a way makes of a body, with pieces as the worker will read them."""
    try:
        judged: Judged = way(body, LATEST)
    except Problem as problem:
        return problem.status, problem.code
    events = []
    for piece, count in judged.pieces:
        batch = msgspec.json.decode(piece, type=Batch)
        assert len(batch.events) == count
        events += batch.events
    assert len(events) == judged.accepted
    return events, judged.rejected


@settings(max_examples=600, deadline=None)
@given(
    events=st.lists(_EVENTS, min_size=1, max_size=3),
    single=st.booleans(),
    edits=_EDITS,
    ascii_only=st.booleans(),
)
@example(events=[BASE], single=True, edits=[], ascii_only=True)
def test_both_ways_agree(
    events: list[dict[str, Any]], single: bool, edits: list[tuple[int, int, bytes]], ascii_only: bool
) -> None:
    value = events[0] if single else {"events": events}
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for place, cut, put in edits:
        at = place % (len(body) + 1)
        body = body[:at] + put + body[at + cut :]
    assert _outcome(judge, body) == _outcome(judge_each_checked, body)


def judge_each_checked(body: bytes, latest: datetime) -> Judged:
    """The long way behind the check of the encoding, which comes before both."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "malformed_json", "") from None
    return judge_each(body, latest)
