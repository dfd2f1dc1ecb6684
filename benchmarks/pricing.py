"""Pricing one call: a rate card of the price book against `genai_prices.calc_price`, side by side."""

import timeit
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.lists.catalogue import read_catalogue
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.store import EVERYONE, StoredPrice

AT: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
ROUNDS: Final = 15
TARGET: Final = 30


def measure() -> list[dict[str, Any]]:
    """Return one row for each kind of call; `ratio` is the yardstick's time over ours."""
    calculator = CostCalculator(catalogue_book())
    return [_row(name, ours, theirs) for name, ours, theirs in _pairs(calculator)]


def catalogue_book() -> PriceBook:
    """Return a price book of the installed catalogue, without a database."""
    catalogue = read_catalogue()
    stored = [
        StoredPrice(
            number, EVERYONE, p.layer, p.provider, p.model, p.context, p.valid_from, p.withdrawn, p.rates
        )
        for number, p in enumerate(catalogue.prices, 1)
    ]
    return PriceBook(stored, catalogue.aliases)


def _pairs(
    calculator: CostCalculator,
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    from genai_prices import Usage, calc_price

    price, at_us = calculator.price, to_us(AT)
    plain, cached = TokenUsage(input=1_000, output=500), TokenUsage(input=1_000, cache_read=300, output=500)
    theirs, theirs_cached = (
        Usage(input_tokens=1_000, output_tokens=500),
        Usage(input_tokens=1_300, cache_read_tokens=300, output_tokens=500),
    )
    yield (
        "pricing: gpt-4, input and output",
        lambda: price(7, "openai", "gpt-4", plain, None, at_us),
        lambda: calc_price(theirs, "gpt-4", provider_id="openai", genai_request_timestamp=AT),
    )
    yield (
        "pricing: claude-haiku-5-5, cache and tiers",
        lambda: price(7, "anthropic", "claude-haiku-5-5", cached, None, at_us),
        lambda: calc_price(
            theirs_cached, "claude-haiku-5-5", provider_id="anthropic", genai_request_timestamp=AT
        ),
    )


def _row(name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> dict[str, Any]:
    # In turns, so that a busy machine slows both; the best round is the one least disturbed.
    best_ours = best_theirs = float("inf")
    for _ in range(ROUNDS):
        best_ours = min(best_ours, timeit.timeit(ours, number=20_000) / 20_000)
        best_theirs = min(best_theirs, timeit.timeit(theirs, number=1_000) / 1_000)
    return {
        "name": name,
        "ours": best_ours * 1e6,
        "yardstick": best_theirs * 1e6,
        "ratio": best_theirs / best_ours,
        "target": f"≥ {TARGET} × faster",
        "met": best_theirs >= TARGET * best_ours,
        "unit": "µs a call",
    }
