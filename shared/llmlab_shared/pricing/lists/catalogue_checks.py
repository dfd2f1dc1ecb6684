"""What of a model in genai-prices' list contradicts itself.

The list's own rules pick one of several prices for the same moment (the last, or the first). Here that is
taken for a slip: whoever wrote both meant something else by one of them.
"""

from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

from llmlab_shared.pricing.price_document import PriceDocumentError

if TYPE_CHECKING:
    from genai_prices import types

_DAY_MINUTES: Final = 24 * 60


def check_model(where: str, model: "types.ModelInfo") -> None:
    """Raise `PriceDocumentError`, led by `where`, for the first contradiction of a model's prices."""
    prices = model.prices if isinstance(model.prices, list) else []
    if not prices and isinstance(model.prices, list):
        raise PriceDocumentError(f"{where}: it has no prices; it must have some, or go")
    _check_moments(f"{where} standard", [price.constraint for price in prices])
    variants: dict[tuple[tuple[str, str], ...], list[Any]] = {}
    for variant in model.price_variants or ():
        variants.setdefault(tuple(variant.when.items()), []).append(variant)
    for condition, of_condition in variants.items():
        name = f"{where} {', '.join(value for _, value in condition)}"
        for key in {key for variant in of_condition for key, _ in _stated(variant.prices)}:
            stating = [variant.constraint for variant in of_condition if key in dict(_stated(variant.prices))]
            _check_moments(f"{name}, {key}", stating)
    stated = [price.prices for price in prices] if prices else [model.prices]
    for price in (*stated, *(variant.prices for variant in model.price_variants or ())):
        for key, value in _stated(price):
            _check_tiers(f"{where}, {key}", getattr(value, "tiers", ()))


def _stated(price: Any) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in vars(price).items() if value is not None)


def _check_moments(where: str, constraints: Sequence[Any]) -> None:
    """Refuse two prices from one day on, and two whose times of the day overlap."""
    seen: set[Hashable] = set()
    windows: list[tuple[Any, set[int]]] = []
    for constraint in constraints:
        if hasattr(constraint, "start_time"):
            windows.append((constraint, _minutes(where, constraint)))
            continue
        start: date | None = getattr(constraint, "start_date", None)
        if start in seen:
            raise PriceDocumentError(
                f"{where} {'always' if start is None else f'from {start}'}: it has two prices; one of them "
                "must go or begin on another day"
            )
        seen.add(start)
    for (one, minutes), (other, others) in combinations(windows, 2):
        if not minutes.isdisjoint(others):
            raise PriceDocumentError(
                f"{where}: the prices of {_hours(one)} and of {_hours(other)} overlap; a time of "
                "the day must have one price"
            )


def _minutes(where: str, window: Any) -> set[int]:
    """Return the minutes of the UTC day that a window covers; it may run over midnight."""
    start, end = _minute(where, window.start_time), _minute(where, window.end_time)
    if start == end:
        raise PriceDocumentError(f"{where}: the price of {_hours(window)} holds at no time; mend its hours")
    return set(range(start, end)) if start < end else {*range(start, _DAY_MINUTES), *range(end)}


def _minute(where: str, at: time) -> int:
    utc = datetime.combine(date(2000, 1, 2), at, at.tzinfo or UTC).astimezone(UTC)
    if utc.second or utc.microsecond:
        raise PriceDocumentError(f"{where}: a price that changes at {at} is not at a whole minute")
    return utc.hour * 60 + utc.minute


def _hours(window: Any) -> str:
    return f"{window.start_time} to {window.end_time}"


def _check_tiers(where: str, tiers: Sequence[Any]) -> None:
    for earlier, later in pairwise(tiers):
        if earlier.start >= later.start:
            raise PriceDocumentError(
                f"{where}: its tiers begin at {earlier.start:,} and then at {later.start:,} tokens; each "
                "must begin above the one before it"
            )
