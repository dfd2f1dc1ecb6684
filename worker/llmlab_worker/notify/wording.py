"""How messages write amounts, shares and days: as people read them, never by way of a float."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

_CENT = Decimal("0.01")
_SMALL = 3


def money(amount: str | Decimal) -> str:
    """Return USD with cents; below a cent the first digits there are: never `$0.00` for something."""
    value = Decimal(amount)
    sign = "-" if value < 0 else ""
    value = abs(value)
    if 0 < value < _CENT:
        places = min(-value.adjusted() + _SMALL - 1, 12)
        small = format(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), "f")
        return f"{sign}${small.rstrip('0')}"
    return f"{sign}${value.quantize(_CENT, ROUND_HALF_EVEN):,f}"


def percent(share: str | Decimal) -> str:
    """Return a part of one as per cent with at most two decimals: `0.8` is `80 %`."""
    value = (Decimal(share) * 100).quantize(_CENT, ROUND_HALF_EVEN)
    text = format(value, ",f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def day(value: str | date) -> str:
    """Return a day as in `3 November 2026`."""
    given = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{given.day} {given:%B %Y}"


def period(kind: str, start: str | date, end: str | date | None = None) -> str:
    """Return a budget's period in words: `November 2026`, `Q4 2026`, `the week of 2 November 2026`."""
    first = date.fromisoformat(start) if isinstance(start, str) else start
    match kind:
        case "day":
            return day(first)
        case "week":
            return f"the week of {day(first)}"
        case "month":
            return f"{first:%B %Y}"
        case "quarter":
            return f"Q{(first.month + 2) // 3} {first.year}"
        case "year":
            return str(first.year)
    if end is None:
        return f"since {day(first)}"
    last = (date.fromisoformat(end) if isinstance(end, str) else end) - timedelta(days=1)
    return f"{day(first)} to {day(last)}"


def scope(parts: Mapping[str, Any]) -> str:
    """Return what a budget counts: `model gpt-4o, team search`, or all of the workspace's spend."""
    said = []
    for name, value in parts.items():
        if isinstance(value, Mapping):
            said += [f"{name} {key}: {one}" for key, one in value.items()]
        else:
            listed = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            said.append(f"{name.replace('_', ' ')} {listed}")
    return ", ".join(said) or "everything in the workspace"
