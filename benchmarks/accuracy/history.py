"""Cases from the catalogue's own history: an instant before each change of a price, and one after it.

What is true on either side is read from the dates in the catalogue's data, not by its functions. Prices
that LLMLab corrects are left out: the contested cases speak of them.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.context import context_of
from llmlab_shared.pricing.lists.overrides import read_overrides
from llmlab_shared.pricing.store import NewPrice

from benchmarks.accuracy.cases import Case, Cost, priced

_SIDES: Final = (timedelta(seconds=-1), timedelta(0))
_SEED: Final = 20261127
_COUNTS: Final = {
    "input_mtok": ("input", 10_000),
    "cache_read_mtok": ("cache_read", 3_000),
    "cache_write_mtok": ("cache_write_5m", 2_000),
    "input_audio_mtok": ("input_audio", 1_000),
    "output_mtok": ("output", 4_000),
    "output_image_mtok": ("output_image", 1_500),
    "output_audio_mtok": ("output_audio", 500),
}
# Above every threshold of a long context.
_LONG: Final = 2_000_000

_CONTEXTS: Final = (
    {"processing": "batch"},
    {"service_tier": "flex"},
    {"service_tier": "priority"},
    {"service_tier": "fast"},
)

# Instants from which prices hold, and the prices; the first is older than any event.
_Timeline = list[tuple[date, Any]]


def dated_cases() -> list[Case]:
    """Return both sides of every dated change of a price, in an order that is no order of time."""
    from genai_prices.data_snapshot import get_snapshot

    overrides = read_overrides().prices
    cases = [
        case
        for provider in get_snapshot().providers
        for model in provider.models
        if provider.find_model(model.id) is model
        for context, timeline in _timelines(model)
        for case in _both_sides(provider.id, model.id, context, timeline)
        if not _corrected(case, overrides)
    ]
    random.Random(_SEED).shuffle(cases)
    return cases


def _corrected(case: Case, overrides: list[NewPrice]) -> bool:
    """Tell whether a price of LLMLab's own holds for a case."""
    key = case.provider, case.model, context_of(case.service_tier, case.processing, None)
    own = [
        price
        for price in overrides
        if (price.provider, price.model, price.context) == key and price.valid_from <= case.at
    ]
    return bool(own) and not max(own, key=lambda price: price.valid_from).withdrawn


def _timelines(model: Any) -> Iterator[tuple[dict[str, str], _Timeline]]:
    """Yield the history of the standard price and of each context's own, where they have one.

    Times of the day are no history: models with such rates are left to the built cases.
    """
    standard = model.prices if isinstance(model.prices, list) else []
    if any(hasattr(price.constraint, "start_time") for price in standard):
        return
    yield {}, _sorted((price.constraint, price.prices) for price in standard)
    for context in _CONTEXTS:
        variants = [variant for variant in model.price_variants or () if dict(variant.when) == context]
        yield context, _sorted((variant.constraint, variant.prices) for variant in variants)


def _sorted(prices: Any) -> _Timeline:
    return sorted(
        ((constraint.start_date if constraint else date.min, price) for constraint, price in prices),
        key=lambda entry: entry[0],
    )


def _both_sides(provider: str, model: str, context: Mapping[str, str], timeline: _Timeline) -> Iterator[Case]:
    for (_, before), (start, after) in pairwise(timeline):
        instant = datetime.combine(start, time(), UTC)
        # Only classes that both sides state, so that no rule about missing ones decides, and a search only
        # where it is its fee that changes.
        fees = [getattr(price, "web_searches_kcount", None) for price in (before, after)]
        searches = int(not context and fees[0] != fees[1])
        stated = [key for key in _COUNTS if _rate(before, key, 0) and _rate(after, key, 0)]
        tokens = {_COUNTS[key][0]: _COUNTS[key][1] for key in stated}
        # A price of pages or minutes alone is no case: a call without tokens costs nothing on either side.
        sizes = [tokens] if tokens else []
        if "input" in tokens and any(hasattr(price.input_mtok, "tiers") for price in (before, after)):
            sizes.append(tokens | {"input": _LONG})
        for size in sizes:
            for side, price in zip(_SIDES, (before, after), strict=True):
                case = _case(provider, model, context, instant + side, size, searches, price)
                yield replace(case, shape="after a change" if side == timedelta(0) else "before a change")


def _case(  # noqa: PLR0917 # what a case is made of, in the order of its fields
    provider: str,
    model: str,
    context: Mapping[str, str],
    at: datetime,
    tokens: dict[str, int],
    searches: int,
    price: Any,
) -> Case:
    usage = TokenUsage(**tokens)
    rates = {
        name: str(_rate(price, key, usage.input_tokens))
        for key, (name, _) in _COUNTS.items()
        if name in tokens
    }
    # A context states prices of tokens only; the fees are the standard price's.
    uses = {"web_searches_kcount": searches, "requests_kcount": int(not context)}
    fees = [Decimal(getattr(price, name, None) or 0) * uses[name] / 1000 for name in uses]
    return Case(
        kind="dated",
        shape="",
        name=f"{provider} {model} {at:%Y-%m-%d}",
        provider=provider,
        model=model,
        timestamp=at.isoformat().replace("+00:00", "Z"),
        tokens=usage,
        cost=Cost(priced(tokens, rates), sum(fees, Decimal(0))),
        service_tier=context.get("service_tier"),
        processing=context.get("processing"),
        units={"web_searches": 1} if searches else {},
    )


def _rate(price: Any, key: str, input_tokens: int) -> Decimal | None:
    """Return a price per million of one class for a request of this size; None when there is none."""
    value = getattr(price, key, None)
    if value is None:
        return None
    rate: Decimal = getattr(value, "base", value)
    for tier in getattr(value, "tiers", ()):
        if input_tokens > tier.start:
            rate = tier.price
    return rate
