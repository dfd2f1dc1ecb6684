"""What people call a stretch of time (`today`, `7d`, `2026-11`, `all`) as the dates the API takes."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

# The API knows nothing older.
EARLIEST = date(2020, 1, 1)
NAMES = "today, yesterday, 7d (any number), week, month, last-month, year, all, 2026-11 or 2026"

# What a shell offers after TAB.
EXAMPLES = ("today", "yesterday", "7d", "30d", "90d", "week", "month", "last-month", "year", "all")

_DAYS = re.compile(r"(\d{1,5})d")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Period:
    """Dates in the zone of the answer: `start` inclusive, `end` exclusive."""

    start: date
    end: date
    title: str


def resolve(name: str, today: date) -> Period:
    """Return the period of this name, seen from `today`. Raises ValueError for a name that is none."""
    tomorrow = today + timedelta(days=1)
    name = name.strip().lower()
    if (days := _DAYS.fullmatch(name)) and int(days[1]):
        number = min(int(days[1]), (tomorrow - EARLIEST).days)
        return Period(tomorrow - timedelta(days=number), tomorrow, _last(number))
    if (month := _MONTH.fullmatch(name)) and 1 <= int(month[2]) <= 12:
        return _month(date(int(month[1]), int(month[2]), 1))
    if _YEAR.fullmatch(name) and 1 <= int(name) < 9999:
        return Period(date(int(name), 1, 1), date(int(name) + 1, 1, 1), name)
    match name:
        case "today":
            return Period(today, tomorrow, "today")
        case "yesterday":
            return Period(today - timedelta(days=1), today, "yesterday")
        case "week":
            return Period(today - timedelta(days=today.weekday()), tomorrow, "this week")
        case "month":
            return Period(today.replace(day=1), tomorrow, f"{today:%B %Y}")
        case "last-month":
            return _month((today.replace(day=1) - timedelta(days=1)).replace(day=1))
        case "year":
            return Period(today.replace(month=1, day=1), tomorrow, f"{today:%Y}")
        case "all":
            return Period(EARLIEST, tomorrow, "all time")
        case _:
            raise ValueError(f"{name!r} is no period: try {NAMES}")


def _last(number: int) -> str:
    return "today" if number == 1 else f"last {number} days"


def _month(first: date) -> Period:
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(first, following, f"{first:%B %Y}")
