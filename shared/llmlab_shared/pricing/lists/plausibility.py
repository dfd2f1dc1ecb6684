"""Whether a price list can be true beside what was known before it: jumps of a rate, and what it lacks.

Measured on 187 lists: what genai-prices published from June 2025 to August 2026, and its release 0.2.3.

- Between one list and the next 854 rates changed, half of them by less than a factor of 1.25. 11.6 %
  reached 5, 4.2 % reached 10, 1.3 % reached 20, none 40. A slip by a hundred or a thousand (cents for
  dollars, thousands for millions) is far beyond that; one by ten is not, and there lie the slips that the
  list made itself (`ministral-8b` at 0.1, then 1, then 0.1) among a few true changes, nearly all of them
  of resellers' routes. Nine of the 186 steps hold such a change: from ten on a person has to look.
- No rate ever went from nothing to something or back, and no tier was ever cheaper than the one below.
- No provider ever disappeared, and every list had at least 97.5 % of the models of the one before.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from llmlab_shared.errors import LLMLabError
from llmlab_shared.pricing.lists.comparison import PriceChange
from llmlab_shared.pricing.lists.wording import rates_of, row_name
from llmlab_shared.pricing.store import StoredPrice

JUMP: Final = 10
LEAST_SHARE: Final = Decimal("0.9")
UNCHANGED: Final = "Nothing was changed, the prices in force stay"
# A refusal names so many providers and counts the rest.
NAMED: Final = 10


class Jump(msgspec.Struct, frozen=True):
    """A rate that changes by the factor `JUMP` or more, or from or to nothing; amounts in USD."""

    row: str
    rate: str
    before: str
    after: str


class PriceListRefused(LLMLabError):
    """A price list that may be true but does not look it; `detail` says why and how to accept it.

    `jumps` are the rates for which it is refused, if that is the reason.
    """

    def __init__(self, detail: str, jumps: Sequence[Jump] = ()) -> None:
        super().__init__("price_list_refused", detail)
        self.jumps = jumps


def jumps_in(changes: Iterable[PriceChange], stored: Iterable[StoredPrice]) -> list[Jump]:
    """Return the jumps among changes of what is stored; what was not stored at all can make none."""
    known = {(old.layer, old.provider, old.model, old.context) for old in stored}
    return [
        Jump(row_name(c.provider, c.model, c.context, c.valid_from), rate, before, after)
        for c in changes
        if (c.layer, c.provider, c.model, c.context) in known and c.before and c.after
        for rate, before, after in _steps(c.before, c.after)
        if is_jump(Decimal(before), Decimal(after))
    ]


def is_jump(before: Decimal, after: Decimal) -> bool:
    """Tell whether a rate can hardly have changed so much."""
    low, high = sorted((before, after))
    return high != low and low * JUMP <= high


def _steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    old = rates_of(before)
    return ((rate, str(old[rate]), str(usd)) for rate, usd in rates_of(after).items() if rate in old)


def refusal_of_jumps(jumps: Sequence[Jump]) -> str:
    """Return the sentence that refuses a list for its jumps, of which there is at least one."""
    first, *rest = jumps
    more = f", and {len(rest):,} more like it" if rest else ""
    return (
        f"{first.row}: {first.rate} would go from {first.before} to {first.after}, a factor of {JUMP} or "
        f"more{more}. {UNCHANGED}; compare with the provider's own page and, if it is right, run it again "
        "with --accept-jumps"
    )


def losses_in(listed: Mapping[str, int], before: Mapping[str, int]) -> str | None:
    """Return the sentence that refuses a list for what it lacks; None when it lacks nothing much.

    Both are counts of models by provider, `before` those of the list that was synced last.
    """
    gone = sorted(before.keys() - listed.keys())
    had, has = sum(before.values()), sum(listed.values())
    if gone:
        lacks = (
            f"it lacks {'every model of' if len(gone) == 1 else 'the providers'} {', '.join(gone[:NAMED])}"
        )
        if len(gone) > NAMED:
            lacks += f" and {len(gone) - NAMED} more"
        lacks += f" ({sum(before[provider] for provider in gone):,} of {had:,} models)"
    elif has < had * LEAST_SHARE:
        fewer = max(before, key=lambda provider: before[provider] - listed[provider])
        lacks = (
            f"it lists {has:,} models where the last one listed {had:,}, most of them missing at {fewer} "
            f"({listed[fewer]:,} of {before[fewer]:,})"
        )
    else:
        return None
    return (
        f"the list looks truncated: {lacks}. {UNCHANGED}; fetch it again or, if these models are really "
        "gone, run it again with --accept-losses"
    )
