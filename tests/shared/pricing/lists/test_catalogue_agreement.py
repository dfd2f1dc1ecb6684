"""Against genai-prices itself, over the whole catalogue: the same names, random usage, times and contexts.

The cost is the same wherever a price of the catalogue holds. Where another one holds, it is an override's;
and every override is found in this way, and charges something else than genai-prices does.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import asyncpg
import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.context import context_of
from llmlab_shared.pricing.lists.catalogue import read_catalogue
from llmlab_shared.pricing.lists.overrides import read_overrides
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.rate_card import RateCard
from llmlab_shared.pricing.store import NewPrice

# A call's context in our terms, and in theirs, who know no regions.
CONTEXTS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"processing": "batch"}, {"processing": "batch"}),
    ({"service_tier": "fast"}, {"service_tier": "fast", "speed": "fast"}),
    ({"service_tier": "default"}, {"service_tier": "default"}),
    ({"region": "us"}, {}),
    ({"region": "eu", "processing": "batch"}, {"processing": "batch"}),
    ({"region": "europe-west1", "service_tier": "priority"}, {"service_tier": "priority"}),
]
FIRST, DAYS = datetime(2023, 1, 1, tzinfo=UTC), 365 * 5
LAST = FIRST + timedelta(days=DAYS)
CALLS_A_NAME = 8

Key = tuple[str, str, str]
# Overrides that state the catalogue's own price: of a name that it matches by its beginning only, and of a
# snapshot that would else share the history of the alias it became.
SAME = {("openai", "ft:gpt-3.5-turbo", ""), ("openai", "gpt-4o-2024-08-06", "")}


def _usage(chance: random.Random) -> TokenUsage:
    """Few or many classes, small or beyond every threshold of a context."""
    counts = dict.fromkeys(TOKEN_CLASSES, 0)
    for name in chance.sample(TOKEN_CLASSES, chance.randint(1, len(TOKEN_CLASSES))):
        counts[name] = chance.randint(0, chance.choice((3, 2_000, 300_000, 3_000_000)))
    return TokenUsage(**counts)


def _theirs(usage: TokenUsage) -> genai_prices.Usage:
    return genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read + usage.cache_audio_read,
        cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
        cache_write_1h_tokens=usage.cache_write_1h,
        input_audio_tokens=usage.input_audio + usage.cache_audio_read,
        cache_audio_read_tokens=usage.cache_audio_read,
        input_image_tokens=usage.input_image,
        cache_image_read_tokens=0,
        output_tokens=usage.output_tokens,
        output_audio_tokens=usage.output_audio,
        output_image_tokens=usage.output_image,
    )


def _names(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Every model by its own id where the catalogue knows it by that, and by some of its aliases."""
    aliases: dict[tuple[str, str], list[str]] = {}
    for alias in read_catalogue().aliases:
        aliases.setdefault((alias.provider, alias.model), []).append(alias.alias)
    for provider in get_snapshot().providers:
        for model in provider.models:
            if provider.find_model(model.id) is model:
                yield provider.id, model.id
            known = aliases.get((provider.id, model.id), [])
            for alias in chance.sample(known, min(2, len(known))):
                yield provider.id, alias


class Both:
    """The same call priced by the price book and by genai-prices."""

    def __init__(self, book: PriceBook, layers: dict[int, tuple[str, Key]]) -> None:
        self._book = book
        self._layers = layers

    def card(self, provider: str, name: str, at: datetime, context: str) -> RateCard | None:
        return self._book.card(1, provider, name, context, to_us(at))

    def override(self, card: RateCard | None) -> Key | None:
        """Return which override a card is of, None for one of the catalogue."""
        layer, key = self._layers[card.price_id] if card else ("", ("", "", ""))
        return key if layer == "override" else None

    def ours(self, card: RateCard | None, usage: TokenUsage) -> int | None:
        """Return our cost in pico-USD, None when the call is unpriced."""
        cost = card.token_cost(usage) if card else None
        return cost if cost is None or card is None else cost + card.unit_cost(None)

    def theirs(
        self, provider: str, name: str, at: datetime, usage: TokenUsage, context: dict[str, str]
    ) -> tuple[int | None, dict[str, Any]]:
        """Return their cost in pico-USD and the prices behind it; None when they do not know the model."""
        try:
            priced = genai_prices.calc_price(
                _theirs(usage),
                name,
                provider_id=provider,
                genai_request_timestamp=at,
                price_context=context,
            )
        except LookupError:
            return None, {}
        exact = priced.total_price * 10**12
        return int(exact.to_integral_value(ROUND_HALF_EVEN)), priced.model_price.__dict__


@pytest.fixture
async def both(connection: asyncpg.Connection, book: PriceBook) -> Both:
    rows = await connection.fetch("SELECT id, layer, provider, model, context FROM price_versions")
    return Both(
        book, {row["id"]: (row["layer"], (row["provider"], row["model"], row["context"])) for row in rows}
    )


def _slack(usage: TokenUsage, stated: dict[str, Any]) -> int:
    """A few rates per token have more than eighteen decimals."""
    long_rates = any(
        isinstance(rate, Decimal) and int(rate.as_tuple().exponent) < -12 for rate in stated.values()
    )
    return (usage.input_tokens + usage.output_tokens) // 10**6 + 1 if long_rates else 0


async def test_same_cost_as_genai_prices_over_the_whole_catalogue(both: Both) -> None:
    chance = random.Random(20261123)
    outcome: Counter[str] = Counter()
    models: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for provider, name in _names(chance):
        models.add((provider, name))
        for _ in range(CALLS_A_NAME):
            usage = _usage(chance)
            our_context, their_context = chance.choice(CONTEXTS)
            at = FIRST + timedelta(days=chance.randint(0, DAYS), seconds=chance.randint(0, 86_399))
            context = context_of(*(our_context.get(k) for k in ("service_tier", "processing", "region")))
            card = both.card(provider, name, at, context)
            if both.override(card) is not None:
                outcome["by an override"] += 1
                continue
            found = both.ours(card, usage)
            expected, stated = both.theirs(provider, name, at, usage, their_context)
            assert expected is not None, (provider, name)
            if found is None:
                unpriced_input = usage.input_tokens and "input_mtok" not in stated
                unpriced_output = usage.output_tokens and "output_mtok" not in stated
                assert unpriced_input or unpriced_output or not stated, (provider, name, at)
                outcome["unpriced, where they say 0"] += 1
                continue
            if abs(found - expected) > _slack(usage, stated):
                wrong.append(f"{provider}/{name} at {at} {our_context} {usage}: {found}, not {expected}")
            outcome["equal"] += 1
    assert not wrong, (len(wrong), wrong[:5])
    assert len(models) > 2_900, len(models)
    assert outcome["equal"] > 22_000, outcome
    assert outcome["by an override"] < outcome["equal"] // 10, outcome


async def test_the_overrides_are_the_only_differences_and_each_is_one(both: Both) -> None:
    """Where and when an override holds it is what is charged, and genai-prices charges something else."""
    chance = random.Random(20261127)
    different: set[Key] = set()
    overrides = read_overrides().prices
    for price in overrides:
        if price.withdrawn:
            continue
        key = price.provider, price.model, price.context
        for _ in range(60):
            at = _instant_in(chance, price, overrides)
            card = both.card(price.provider, price.model, at, price.context)
            assert both.override(card) == key, (key, at)
            usage = _usage(chance)
            expected, stated = both.theirs(
                price.provider, price.model, at, usage, _their_context(price.context)
            )
            found = both.ours(card, usage)
            if found is None or expected is None or abs(found - expected) > _slack(usage, stated):
                different.add(key)
                break
    of_the_file = {(price.provider, price.model, price.context) for price in overrides}
    assert different == of_the_file - SAME, sorted(of_the_file - different)


def _instant_in(chance: random.Random, price: NewPrice, overrides: list[NewPrice]) -> datetime:
    """Return an instant at which a version holds: until the next one of its key begins."""
    later = [
        other.valid_from
        for other in overrides
        if (other.provider, other.model, other.context) == (price.provider, price.model, price.context)
        and other.valid_from > price.valid_from
    ]
    start, end = max(price.valid_from, FIRST), min([*later, LAST])
    return start + (end - start) * chance.random()


def _their_context(context: str) -> dict[str, str]:
    tier = context.partition("@")[0]
    return {"batch": {"processing": "batch"}, "fast": {"service_tier": "fast", "speed": "fast"}, "": {}}.get(
        tier, {"service_tier": tier}
    )


async def test_every_name_leads_to_the_model_the_catalogue_finds(calculator: CostCalculator) -> None:
    """Aliases were checked when they were made; here the whole way through the database is."""
    at_us = to_us(datetime(2026, 11, 1, tzinfo=UTC))
    catalogue = read_catalogue()
    overrides = read_overrides()
    overridden = {(a.provider, a.alias) for a in overrides.aliases}
    overridden |= {(p.provider, p.model) for p in overrides.prices}
    priced = {(p.provider, p.model) for p in catalogue.prices}
    for alias in catalogue.aliases:
        if (alias.provider, alias.alias) in overridden or (alias.provider, alias.model) not in priced:
            continue
        ours = calculator.price(1, alias.provider, alias.alias, TokenUsage(), None, at_us)
        direct = calculator.price(1, alias.provider, alias.model, TokenUsage(), None, at_us)
        assert ours is not None, alias
        assert direct is not None, alias
        assert ours.price_id == direct.price_id, alias
