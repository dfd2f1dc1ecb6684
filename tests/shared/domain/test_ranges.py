"""Spans of time: reading them, and cutting them without a gap or an overlap."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab_shared.domain.ranges import Span, cut, is_whole_days, parse_instant, resolve_span
from llmlab_shared.domain.zones import day_start, days_between, find_zone, hour_starts, same_days
from llmlab_shared.errors import LLMLabError

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Chatham",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the zone is named beside it
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


def spans(quarter: bool) -> st.SearchStrategy[Span]:
    def make(start: datetime, minutes: int, seconds: int, zone: ZoneInfo) -> Span:
        if quarter:
            start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
            return Span(start, start + timedelta(minutes=15 + minutes // 15 * 15), zone)
        return Span(start, start + timedelta(minutes=minutes, seconds=seconds + 1), zone)

    return st.builds(make, instants, st.integers(0, 60 * 24 * 40), st.integers(0, 59), zones)


@settings(deadline=None)
@given(spans(quarter=False), st.one_of(st.none(), zones))
def test_the_pieces_cover_a_span_once(span: Span, days_of: ZoneInfo | None) -> None:
    pieces = cut(span, days_of)
    covered = [*pieces.quarters, *pieces.rest]
    if pieces.days:
        assert days_of is not None
        first, last = pieces.days
        covered.append((day_start(first, days_of), day_start(last + timedelta(days=1), days_of)))
    covered.sort()
    assert covered[0][0] == span.start
    assert covered[-1][1] == span.end
    assert all(one[1] == other[0] for one, other in pairwise(covered))
    assert all(
        edge.minute % 15 == edge.second == edge.microsecond == 0 for p in pieces.quarters for edge in p
    )
    assert all(end - start < timedelta(minutes=15) for start, end in pieces.rest)


@settings(deadline=None)
@given(spans(quarter=True), zones)
def test_whole_days_leave_less_than_a_day_at_each_edge(span: Span, days_of: ZoneInfo) -> None:
    pieces = cut(span, days_of)
    assert pieces.rest == ()
    left = sum((end - start for start, end in pieces.quarters), timedelta())
    assert left < timedelta(days=2, hours=3)


@settings(deadline=None)
@given(instants, zones)
def test_a_day_begins_with_its_first_instant(instant: datetime, zone: ZoneInfo) -> None:
    day = instant.astimezone(zone).date()
    start = day_start(day, zone)
    assert start <= instant < day_start(day + timedelta(days=1), zone)
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() < day
    assert start.astimezone(zone).date() == day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Beirut", date(2026, 3, 29), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Asia/Kathmandu", date(2026, 5, 1), 24),
    ],
)
def test_days_of_clock_changes_have_their_own_length(zone: str, day: date, hours: int) -> None:
    start, end = (day_start(d, ZoneInfo(zone)) for d in (day, day + timedelta(days=1)))
    assert end - start == timedelta(hours=hours)
    starts = hour_starts(start, end, ZoneInfo(zone))
    assert starts[0] == start
    assert len(starts) == hours


def test_hours_of_odd_zones() -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    start = datetime(2026, 5, 1, 0, 40, tzinfo=UTC)
    hours = hour_starts(start, start + timedelta(hours=2), zone)
    assert [hour.astimezone(zone).strftime("%H:%M") for hour in hours] == ["06:00", "07:00", "08:00"]
    # Lord Howe moves by half an hour, which cuts one hour of that night in two.
    howe = ZoneInfo("Australia/Lord_Howe")
    day = date(2026, 4, 5)
    night = hour_starts(day_start(day, howe), day_start(day + timedelta(days=1), howe), howe)
    assert len(night) == 25


def test_apia_and_the_days_of_two_zones() -> None:
    start, end = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 9, tzinfo=UTC)
    assert same_days(ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Calcutta"), start, end)
    assert same_days(ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Paris"), start, end)
    assert not same_days(ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London"), start, end)
    assert len(days_between(start, end, ZoneInfo("Pacific/Apia"))) == 9


def test_what_is_not_said_is_the_last_30_days_and_all_of_today() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # the 24th in India
    span = resolve_span(None, None, zone, now)
    days = span.days()
    assert (len(days), days[0], days[-1]) == (30, date(2026, 10, 26), date(2026, 11, 24))
    assert is_whole_days(span, zone)
    assert resolve_span(None, "2026-11-10T06:00:00Z", zone, now).start == datetime(
        2026, 10, 11, 6, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23", datetime(2026, 11, 22, 23, tzinfo=UTC)),
        ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00.123456789+05:30", datetime(2026, 11, 23, 4, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T10:00:00 05:30", datetime(2026, 11, 23, 4, 30, tzinfo=UTC)),
        ("2026-11-23t10:00:00-05:00", datetime(2026, 11, 23, 15, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_their_zone(text: str, instant: datetime) -> None:
    assert parse_instant(text, ZoneInfo("Europe/Berlin")) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-11-23T10:00:00",
        "2026-W01-1",
        "20261123",
        "0001-01-01",
        "9999-12-31",
        "2026-11-23T25:00:00Z",
        "2026-11-23T10:00:00+99:00",
        "2026-11-23T10:00:00Z\x00",
        "२०२६-11-23",
        "x" * 10_000,
    ],
)
def test_what_is_not_a_time_says_what_to_send(text: str) -> None:
    with pytest.raises(LLMLabError, match="send a date") as caught:
        parse_instant(text, ZoneInfo("UTC"))
    assert caught.value.code == "bad_timestamp"
    assert len(caught.value.detail) < 400


@pytest.mark.parametrize("offset", ["+99:00", "-24:00", "+01:60", " 30:00"])
def test_an_offset_that_is_none_is_named(offset: str) -> None:
    with pytest.raises(LLMLabError) as caught:
        parse_instant(f"2026-11-23T10:00:00{offset}", ZoneInfo("UTC"))
    assert caught.value.detail == (
        f"'2026-11-23T10:00:00{offset}' is not a time: {offset.replace(' ', '+')} is not an offset from UTC, "
        "which has hours to 23 and minutes to 59; send a date (2026-11-23) or a time with its zone "
        "(2026-11-23T10:00:00Z)"
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-11-23", "2026-11-23"), ("2026-11-24", "2026-11-23"), ("2001-01-01", "2026-01-01")],
)
def test_ranges_that_make_no_sense(start: str, end: str) -> None:
    with pytest.raises(LLMLabError) as caught:
        resolve_span(start, end, ZoneInfo("UTC"), datetime(2026, 11, 23, tzinfo=UTC))
    assert caught.value.code == "bad_range"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/passwd",
        "America",
        "right/UTC",
        "localtime",
        "europe/berlin",
        "UTC\x00",
        "+05:30",
        "x" * 10_000,
    ],
)
def test_only_names_of_zones_are_zones(name: str) -> None:
    with pytest.raises(LLMLabError, match="IANA") as caught:
        find_zone(name)
    assert caught.value.code == "bad_zone"
    assert len(caught.value.detail) < 400


def test_a_near_zone_is_named() -> None:
    with pytest.raises(LLMLabError, match="did you mean Europe/Berlin"):
        find_zone("Europe/Berlinn")
