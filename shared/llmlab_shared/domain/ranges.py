"""Spans of time as people ask for them, and how one is cut into what each rollup tier answers exactly."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from llmlab_shared.domain.zones import (
    QUARTER,
    day_start,
    days_between,
    hour_starts,
    local_day,
    same_days,
)
from llmlab_shared.errors import LLMLabError

Unit = Literal["hour", "day", "month"]

DEFAULT_DAYS = 30
MAX_DAYS = 3660
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A space before the offset is a plus sign that was not percent-encoded in a URL.
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?:([Zz])|([+ -])(\d{2}):(\d{2}))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in UTC, seen in a zone."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def days(self) -> list[date]:
        """Return the local days that the span touches."""
        return days_between(self.start, self.end, self.zone)

    def named_edges(self) -> tuple[str, str]:
        """Return start and end as RFC 3339 times in the span's zone."""
        return _named(self.start, self.zone), _named(self.end, self.zone)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A span cut along the edges of the tiers; together the pieces cover it once.

    `days` are whole local days (first and last), `quarters` whole quarter hours, `rest` what lies inside
    a quarter hour.
    """

    days: tuple[date, date] | None
    quarters: tuple[tuple[datetime, datetime], ...]
    rest: tuple[tuple[datetime, datetime], ...]


def parse_instant(value: str, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of an RFC 3339 time, or of a plain date's first moment in a zone.

    Raises `LLMLabError` (`bad_timestamp`).
    """
    try:
        if _DATE.fullmatch(value):
            instant = day_start(_in_years(date.fromisoformat(value)), zone)
        elif match := _INSTANT.fullmatch(value):
            day, clock, fraction, utc, sign, hours, minutes = match.groups()
            shift = "+00:00" if utc else _offset("-" if sign == "-" else "+", hours, minutes)
            _in_years(date.fromisoformat(day))
            microseconds = (fraction or ".0")[:7].ljust(7, "0")
            instant = datetime.fromisoformat(f"{day}T{clock}{microseconds}{shift}").astimezone(UTC)
        else:
            raise ValueError("neither a date nor an RFC 3339 time with a zone")
    except (ValueError, OverflowError) as error:
        raise LLMLabError(
            "bad_timestamp",
            f"{value[:64]!r} is not a time: {error}; send a date (2026-11-23) "
            "or a time with its zone (2026-11-23T10:00:00Z)",
        ) from None
    return instant


def _in_years(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return day


def _offset(sign: str, hours: str, minutes: str) -> str:
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError(
            f"{sign}{hours}:{minutes} is not an offset from UTC, which has hours to 23 and minutes to 59"
        )
    return f"{sign}{hours}:{minutes}"


def resolve_span(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Span:
    """Return the span that `from` and `to` ask for; raise `LLMLabError` (`bad_timestamp`, `bad_range`).

    Without `to` it ends with today, so that today is in it as a whole; without `from` it begins 30 days
    before its end, at the same local time.
    """
    until = day_start(local_day(now, zone) + _DAY, zone) if end is None else parse_instant(end, zone)
    if start is None:
        local = until.astimezone(zone)
        since = datetime.combine(local.date() - DEFAULT_DAYS * _DAY, local.time(), zone).astimezone(UTC)
    else:
        since = parse_instant(start, zone)
    if since >= until:
        raise LLMLabError(
            "bad_range",
            f"from ({since.isoformat()}) must lie before to ({until.isoformat()}), which is exclusive",
        )
    if until - since > MAX_DAYS * _DAY:
        raise LLMLabError("bad_range", f"at most {MAX_DAYS} days at once; ask for a shorter range")
    return Span(since, until, zone)


def _floor(instant: datetime) -> datetime:
    return instant - (instant - _EPOCH) % QUARTER


def cut(span: Span, days_of: ZoneInfo | None) -> Pieces:
    """Cut a span into whole days of a zone (none, if None), whole quarter hours and the rest."""
    first, last = _floor(span.start + QUARTER - timedelta(microseconds=1)), _floor(span.end)
    if first > last:
        return Pieces(None, (), ((span.start, span.end),))
    edges = ((span.start, first), (last, span.end))
    rest = tuple(edge for edge in edges if edge[0] < edge[1])
    days = None
    quarters: tuple[tuple[datetime, datetime], ...] = ((first, last),)
    if days_of is not None and first < last:
        from_day, to_day = local_day(first, days_of), local_day(last, days_of)
        if day_start(from_day, days_of) < first:
            from_day += _DAY
        if from_day < to_day:
            days = (from_day, to_day - _DAY)
            quarters = ((first, day_start(from_day, days_of)), (day_start(to_day, days_of), last))
    return Pieces(days, tuple(piece for piece in quarters if piece[0] < piece[1]), rest)


@dataclass(frozen=True, slots=True)
class Units:
    """The units of time that a span is split into: their names, and where each begins.

    `days` has the same as local days; it is None for units smaller than a day.
    """

    labels: list[str]
    instants: list[datetime]
    days: list[date] | None


def split(span: Span, unit: Unit) -> Units:
    """Split a span into the hours, days or months of its zone; every one is there, also where nothing was.

    An hour is named with its offset, since some come twice.
    """
    if unit == "hour":
        hours = hour_starts(span.start, span.end, span.zone)
        return Units([_named(hour, span.zone) for hour in hours], hours, None)
    days = span.days()
    if unit == "month":
        days = list(dict.fromkeys(day.replace(day=1) for day in days))
    labels = [day.isoformat()[: 7 if unit == "month" else 10] for day in days]
    return Units(labels, [day_start(day, span.zone) for day in days], days)


def _named(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat().replace("+00:00", "Z")


def is_whole_days(span: Span, zone: ZoneInfo) -> bool:
    """Return whether a span begins and ends with days of a zone and its own zone has the same days."""
    return (
        day_start(local_day(span.start, zone), zone) == span.start
        and day_start(local_day(span.end, zone), zone) == span.end
        and same_days(span.zone, zone, span.start, span.end)
    )
