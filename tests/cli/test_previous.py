"""The time that a period is compared with: as long by the calendar, and no further than this one has come."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cli_samples import summary
from hypothesis import given
from hypothesis import strategies as st
from llmlab_cli.report import previous_edges
from llmlab_cli.together import answers

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe")


def edges(start: datetime, end: datetime, now: datetime, zone: str) -> list[tuple[date, date]]:
    answer = summary(start=start.isoformat(), end=end.isoformat(), tz=zone)
    answer["freshness"]["as_of"] = now.isoformat()
    return previous_edges(answer)


def local(zone: str, *at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "end", "now", "expected"),
    [
        # A day that a clock change made 23 hours long is compared with a whole day.
        ((2026, 3, 29), (2026, 3, 30), (2026, 5, 1), [(date(2026, 3, 28), date(2026, 3, 29))]),
        ((2026, 10, 1), (2026, 11, 1), (2026, 11, 5), [(date(2026, 8, 31), date(2026, 10, 1))]),
        # Today until 14:03 with yesterday until 14:00.
        (
            (2026, 11, 23),
            (2026, 11, 24),
            (2026, 11, 23, 14, 3),
            [(date(2026, 11, 22), local("Europe/Berlin", 2026, 11, 22, 14))],
        ),
        # Where only whole days are kept, as many as have passed, and never the whole of what is not over.
        (
            (2026, 11, 1),
            (2026, 12, 1),
            (2026, 11, 3, 14, 3),
            [
                (date(2026, 10, 2), local("Europe/Berlin", 2026, 10, 4, 14)),
                (date(2026, 10, 2), date(2026, 10, 4)),
            ],
        ),
        # Just after midnight nothing has passed that could be compared.
        ((2026, 11, 23), (2026, 11, 24), (2026, 11, 23, 0, 5), []),
        # The API knows nothing before 2020, and what has not begun is compared with nothing.
        ((2020, 1, 1), (2026, 11, 24), (2026, 11, 23), []),
        ((2027, 1, 1), (2028, 1, 1), (2026, 11, 23), []),
    ],
)
def test_the_edges(
    start: tuple[int, ...], end: tuple[int, ...], now: tuple[int, ...], expected: object
) -> None:
    zone = "Europe/Berlin"
    assert edges(local(zone, *start), local(zone, *end), local(zone, *now), zone) == expected


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2023, 1, 1), date(2026, 11, 1)),
    days=st.integers(1, 400),
    passed=st.integers(0, 400 * 24 * 60),
)
def test_any_period_is_compared_with_as_many_days_right_before_it(
    zone: str, first: date, days: int, passed: int
) -> None:
    start, end = local(zone, *first.timetuple()[:3]), local(zone, *(first + timedelta(days)).timetuple()[:3])
    found = edges(start, end, start + timedelta(minutes=passed), zone)
    assert len(found) <= 2
    over = passed >= days * 24 * 60
    if over:
        assert found == [(first - timedelta(days), first)]
    if found:
        assert all(begins == first - timedelta(days) for begins, _ in found)
        ends = found[0][1]
        if isinstance(ends, datetime):
            assert ends.minute % 15 == 0
            assert ends.date() < first


def test_answers_come_in_the_order_of_the_questions_and_the_first_error_is_raised() -> None:
    def fail(words: str) -> None:
        raise ValueError(words)

    assert answers([lambda: 1, lambda: 2, lambda: 3]) == [1, 2, 3]
    with pytest.raises(ValueError, match="first"):
        answers([lambda: 1, lambda: fail("first"), lambda: fail("second")])
