"""Time zones by their IANA names, and the instants at which local days, hours and months begin.

All zone arithmetic is done here, with one set of zone rules, and reaches the database as plain
instants: two programs with zone tables of different age must not disagree about where a day ends.
Every offset in use since 2020 is a multiple of a quarter of an hour.
"""

from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from llmlab_shared.errors import LLMLabError

QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)


@cache
def _known_zones() -> frozenset[str]:
    # `Factory` and `localtime` name whatever this machine happens to be set to.
    return frozenset(available_timezones()) - {"Factory", "localtime"}


def find_zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raise `LLMLabError` (`bad_zone`) that says what to send instead."""
    known = _known_zones()
    if name in known:
        return ZoneInfo(name)
    near = get_close_matches(name[:64], known, n=1, cutoff=0.75)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise LLMLabError(
        "bad_zone",
        f"{name[:64]!r} is not a time zone; send an IANA name such as Europe/Berlin or Asia/Kolkata{hint}",
    )


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC; also where midnight is skipped or comes twice."""
    # In a gap, fold=0 reads with the offset before it, which is the instant of the change itself.
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Return the local date of an instant."""
    return instant.astimezone(zone).date()


def days_between(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """Return every local day that has an instant in [start, end), in order."""
    first = local_day(start, zone)
    last = local_day(end - timedelta(microseconds=1), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def hour_starts(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the UTC instants at which the local hours of [start, end) begin, the first at or before start.

    An hour that comes twice counts as two; a change of half an hour cuts its hour in two.
    """
    instant = start.astimezone(UTC)
    instant -= (instant - datetime.min.replace(tzinfo=UTC)) % QUARTER
    label = _hour_label(instant, zone)
    while _hour_label(instant - QUARTER, zone) == label:
        instant -= QUARTER
    starts = [instant]
    while (instant := instant + QUARTER) < end:
        if (following := _hour_label(instant, zone)) != label:
            starts.append(instant)
            label = following
    return starts


def _hour_label(instant: datetime, zone: ZoneInfo) -> tuple[date, int, timedelta | None]:
    local = instant.astimezone(zone)
    return local.date(), local.hour, local.utcoffset()


def same_days(one: ZoneInfo, other: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Return whether two zones cut [start, end) into the same days."""
    if one.key == other.key:
        return True
    days = days_between(start, end, one)
    return days == days_between(start, end, other) and all(
        day_start(day, one) == day_start(day, other) for day in [*days, days[-1] + _DAY]
    )
