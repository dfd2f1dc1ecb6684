"""How messages write what differs: changes, their causes, days near by and parts of calls."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from llmlab_worker.notify.wording import money, percent

# Less is no change worth a word.
_CENT: Final = Decimal("0.01")
# How the parts of a difference are called, when they raise spend and when they lower it.
_CAUSES: Final = {
    "calls": ("more calls", "fewer calls"),
    "tokens_per_call": ("longer calls", "shorter calls"),
    "price": ("dearer tokens", "cheaper tokens"),
    "new_model": ("a model not used before", "a model not used any more"),
}


def change(amount: Decimal | str) -> str:
    """Return an amount with its sign."""
    value = Decimal(amount)
    return f"+{money(value)}" if value > 0 else money(value)


def growth(now: Decimal | str, before: Decimal | str) -> str:
    """Return by how many per cent an amount differs from the one before."""
    new, old = Decimal(now), Decimal(before)
    if old <= 0:
        return "new" if new > 0 else "no change"
    by = round((new / old - 1) * 100)
    return f"{by:+,} %" if by else "no change"


def share(part: Decimal | str) -> str:
    """Return a part of a whole in per cent, and no more digits of it than say something."""
    value = Decimal(part)
    if 0 < value < Decimal("0.001"):
        return "under 0.1 %"
    return percent(round(value, 3 if value < Decimal("0.1") else 2))


def near_day(value: str | date) -> str:
    """Return a day that is not far away: Mon 23 November."""
    given = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{given:%a} {given.day} {given:%B}"


def told_causes(cause: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the parts of a difference in words and their amounts, the largest first."""
    parts = sorted(cause.items(), key=lambda part: -abs(Decimal(part[1])))
    return [
        (_CAUSES[name][Decimal(amount) < 0], amount)
        for name, amount in parts
        if abs(Decimal(amount)) >= _CENT
    ]
