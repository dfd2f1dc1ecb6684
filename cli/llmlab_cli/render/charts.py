"""Bars and sparklines of block characters, as text with styles."""

from collections.abc import Sequence
from decimal import Decimal

from rich.text import Text

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(ratio: Decimal, marker: Decimal | None, width: int) -> Text:
    """Return a bar filled to `ratio` (over 1 is full and red) with a line where it alerts."""
    filled = min(width, max(0, int(ratio * width)))
    if ratio > 0 and filled == 0:
        filled = 1
    alerted = marker is not None and ratio >= marker
    style = "red" if ratio >= 1 else "yellow" if alerted else "green"
    cells = "█" * filled + "░" * (width - filled)
    parts = [cells]
    if marker is not None and 0 < marker < 1:
        at = min(width - 1, int(marker * width))
        parts = [cells[:at], "│", cells[at + 1 :]]
    text = Text()
    for part in parts:
        full = part.rstrip("░")
        text.append(full, style="bold" if full == "│" else style)
        text.append(part[len(full) :], style="dim")
    return text


def sparkline(amounts: Sequence[Decimal]) -> str:
    """Return one character an amount; nothing is a blank-looking floor, anything at all rises above it."""
    largest = max(amounts, default=Decimal(0))
    if largest <= 0:
        return _LEVELS[0] * len(amounts)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[0 if a <= 0 else max(1, round(a / largest * top))] for a in amounts)


def folded(amounts: Sequence[Decimal], columns: int) -> tuple[list[Decimal], int]:
    """Return the amounts summed in equal runs so that they fit, and the length of a run."""
    run = -(-len(amounts) // columns) if amounts else 1
    return [sum(amounts[i : i + run], Decimal(0)) for i in range(0, len(amounts), run)], run


def share_bar(part: Decimal, whole: Decimal, width: int) -> str:
    """Return a bar of eighths as long as the part is of the whole, which fills the width."""
    if whole <= 0 or part <= 0:
        return ""
    eighths = min(width * 8, round(part / whole * width * 8))
    full, rest = divmod(eighths, 8)
    return ("█" * full + _EIGHTHS[rest]).rstrip()
