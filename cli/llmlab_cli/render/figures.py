"""Money, counts, shares and names as a person reads them; exact values stay with `--json`."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from rich.cells import cell_len

_MOST_PLACES = 12
_SUFFIXES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def amount_of(value: object) -> Decimal:
    """Return an amount of the API (a decimal string, or null) as a number, null as zero."""
    return Decimal(str(value)) if value is not None else Decimal(0)


def places_for(amounts: Iterable[Decimal]) -> int:
    """Return how many decimals a column of amounts needs so that its largest reads well."""
    largest = max((abs(a) for a in amounts), default=Decimal(0))
    if largest >= 100 or largest == 0:
        return 2
    if largest >= Decimal("0.01"):
        return 4
    # Four digits that say something, however small.
    return min(_MOST_PLACES, 3 - largest.adjusted())


def places_to_compare(amounts: Iterable[Decimal]) -> int:
    """Return how many decimals show even the smallest of the amounts with three digits that say something."""
    smallest = min((abs(a) for a in amounts if a), default=Decimal(1))
    return max(2, min(_MOST_PLACES, 2 - smallest.adjusted()))


def money(amount: Decimal, places: int) -> str:
    """Return `$1,234.50` with this many decimals; what would round to nothing is `<$0.01`, never `$0.00`."""
    unit = Decimal(1).scaleb(-places)
    rounded = amount.quantize(unit, rounding=ROUND_HALF_EVEN)
    if rounded == 0 and amount != 0:
        return f"<${unit:f}" if amount > 0 else f"-<${unit:f}"
    sign = "-" if rounded < 0 else ""
    return f"{sign}${abs(rounded):,f}"


def price(amount: Decimal, places: int = 2) -> str:
    """Return a price to its last digit, with at least this many decimals: `$2.50`, `$0.0375`."""
    return f"${amount:,.{max(places, decimals_of(amount))}f}"


def decimals_of(amount: Decimal) -> int:
    """Return how many decimals an amount has that say something."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def signed(amount: Decimal, places: int) -> str:
    """Return a difference: `+$1.20`, `-$0.30`."""
    return f"+{money(amount, places)}" if amount > 0 else money(amount, places)


def delta(amount: Decimal) -> str:
    """Return a difference that stands alone: cents from a dollar on."""
    return f"{'+' if amount > 0 else ''}{roughly(amount)}"


def change(before: Decimal, after: Decimal) -> str:
    """Return a difference as a share of what was: `+12.3%`, or `new` where there was nothing."""
    if before == 0:
        return "new" if after else "–"
    percent = (after - before) / before * 100
    return "<0.1%" if 0 < abs(percent) < Decimal("0.05") else f"{percent:+.1f}%"


def headline(amount: Decimal) -> str:
    """Return an amount that stands alone: as many decimals as help, at least two."""
    text = money(amount, places_for([amount]))
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def roughly(amount: Decimal) -> str:
    """Return an amount for a side remark: cents from a dollar on."""
    return money(amount, 2) if abs(amount) >= 1 else headline(amount)


def count(number: int) -> str:
    """Return `1,204`, or `1.20M` from a million on."""
    return f"{number:,}" if abs(number) < 10**6 else compact(number)


def compact(number: int) -> str:
    """Return three digits that say something: `950`, `9,500`, `12.3k`, `3.10M`."""
    if abs(number) < 10**4:
        return f"{number:,}"
    for size, suffix in _SUFFIXES:
        # 999,950 is shown as 1.00M, not as 1000k.
        if abs(number) >= size * 0.9995:
            value = number / size
            decimals = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
            return f"{value:,.{decimals}f}{suffix}"
    return str(number)


def size(octets: int) -> str:
    """Return a size of a file: `412 B`, `44.4 kB`, `1.23 MB`."""
    for unit, suffix in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if octets >= unit:
            value = octets / unit
            return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} {suffix}"
    return f"{octets} B"


def share(part: Decimal, whole: Decimal) -> str:
    """Return a part of a whole as `12.3%`, or a dash where the whole is nothing."""
    if whole == 0:
        return "–"
    percent = part / whole * 100
    if 0 < percent < Decimal("0.05"):
        return "<0.1%"
    return f"{percent:.1f}%"


def percent(ratio: Decimal) -> str:
    """Return a ratio in whole percent, rounded down so that 100% means reached and 0% nothing."""
    return "<1%" if 0 < ratio < Decimal("0.01") else f"{int(ratio * 100):,}%"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return `1 call` or `2 calls`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def clean(text: object) -> str:
    """Return foreign text without what a terminal would obey: control characters become `�`."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def shorten(text: str, width: int) -> str:
    """Return text cut to this many columns, its middle as `…`: names of models differ at both ends."""
    if cell_len(text) <= width:
        return text
    tail = (width - 1) // 2
    head = width - 1 - tail
    start, end = "", ""
    for character in text:
        if cell_len(start + character) > head:
            break
        start += character
    for character in reversed(text):
        if cell_len(character + end) > tail:
            break
        end = character + end
    return f"{start}…{end}"


def day(value: date) -> str:
    """Return `23 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def instant(text: object, zone: str | None = None) -> datetime | None:
    """Return an RFC 3339 time of the API as a datetime of this zone, or None when there is none to read."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if zone is None or at.tzinfo is None:
        return at
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        # The server knows a zone that this machine does not.
        return at


def duration(seconds: float) -> str:
    """Return `12 s`, `4 min`, `3 h` or `2 days`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"
