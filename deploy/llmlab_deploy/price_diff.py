"""What a price sync changes, as lines of text: by provider and model, class by class, in 80 columns."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

from llmlab_shared.pricing.lists.wording import rates_of, since

if TYPE_CHECKING:
    from llmlab_shared.pricing.lists.comparison import PriceChange
    from llmlab_shared.pricing.lists.plausibility import Jump
    from llmlab_shared.pricing.lists.sync import SyncReport

WIDTH: Final = 80
# A first sync brings thousands of prices, which nobody reads; what changes is shown nearly whole.
SHOWN_NEW: Final = 40
SHOWN_CHANGED: Final = 200
SHOWN_JUMPS: Final = 20
SHOWN_NAMES: Final = 12


def diff_lines(report: "SyncReport") -> Iterator[str]:
    """Yield the lines that show a sync's changes; none when there are none."""
    changes = report.changes
    changed = [c for c in changes if c.before is not None and c.after is not None]
    yield from _section("Changed, in USD a million tokens", changed, SHOWN_CHANGED)
    yield from _section("New", [c for c in changes if c.before is None and c.after is not None], SHOWN_NEW)
    yield from _section("Ending", [c for c in changes if c.after is None], SHOWN_CHANGED)
    yield from jump_lines(report.jumps)
    if report.unlisted:
        many = len(report.unlisted)
        names = f"{many:,} models (--json names them)" if many > SHOWN_NAMES else ", ".join(report.unlisted)
        yield ""
        yield from wrapped(f"No longer listed, their prices stay: {names}", "")


def jump_lines(jumps: "Sequence[Jump]") -> Iterator[str]:
    """Yield the lines that show which rates jump; none when none does."""
    if jumps:
        yield ""
        yield "Jumps by a factor of ten or more:"
    for row, of_row in groupby(jumps[:SHOWN_JUMPS], key=lambda jump: jump.row):
        yield from wrapped(row, "  ")
        for jump in of_row:
            yield from _aligned(f"    {jump.rate}", _step(jump.before, jump.after))
    if len(jumps) > SHOWN_JUMPS:
        yield f"  … and {len(jumps) - SHOWN_JUMPS:,} more (--dry-run --json lists all)"


def _section(title: str, changes: "list[PriceChange]", limit: int) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield f"{title}:"
    for provider, of_provider in groupby(changes[:limit], key=lambda change: change.provider):
        yield provider
        for change in of_provider:
            yield from _change(change)
    if len(changes) > limit:
        yield f"  … and {len(changes) - limit:,} more (--json lists all)"


def _change(change: "PriceChange") -> Iterator[str]:
    marks = [mark for mark in (change.context, change.layer) if mark and mark != "catalogue"]
    name = change.model + (f" ({', '.join(marks)})" if marks else "")
    yield from _aligned(f"  {name}", since(change.valid_from))
    if change.after is None:
        return
    after = {rate: str(usd) for rate, usd in rates_of(change.after).items()}
    if change.before is None:
        yield from wrapped(", ".join(f"{rate} {usd}" for rate, usd in after.items()), "    ")
        return
    before = {rate: str(usd) for rate, usd in rates_of(change.before).items()}
    for rate in dict.fromkeys((*before, *after)):
        if before.get(rate) != after.get(rate):
            yield from _aligned(f"    {rate}", _step(before.get(rate), after.get(rate)))


def _step(before: str | None, after: str | None) -> str:
    if before is None:
        return f"{after}      new"
    if after is None:
        return f"{before}     gone"
    return f"{before} → {after} {_percent(Decimal(before), Decimal(after)):>8}"


def _percent(before: Decimal, after: Decimal) -> str:
    if not before:
        return "from 0"
    percent = f"{(after - before) / before * 100:+,.1f}"
    return f"{percent.removesuffix('.0')} %"


def _aligned(left: str, right: str) -> Iterable[str]:
    """Return one line with a left and a right end, two where both do not fit."""
    space = WIDTH - len(left) - len(right)
    if space >= 2:
        return (left + " " * space + right,)
    return (*wrapped(left.strip(), " " * (len(left) - len(left.lstrip()))), f"{right:>{WIDTH}}")


def wrapped(text: str, indent: str) -> list[str]:
    """Return a text as lines; those after the first are indented too."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent or "  ", break_on_hyphens=False
    )
