"""Against genai-prices itself: the same names, random usage, random times and contexts, the same cost."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.catalogue import read_catalogue
from llmlab_shared.pricing.overrides import read_overrides

CONTEXTS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"processing": "batch"}, {"processing": "batch"}),
    ({"service_tier": "fast"}, {"service_tier": "fast", "speed": "fast"}),
    ({"service_tier": "default"}, {"service_tier": "default"}),
]
FIRST, DAYS = datetime(2023, 1, 1, tzinfo=UTC), 365 * 5


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


def _names(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Every model by its own id where the catalogue knows it by that, and by some of its aliases."""
    aliases: dict[tuple[str, str], list[str]] = {}
    for alias in read_catalogue().aliases:
        aliases.setdefault((alias.provider, alias.model), []).append(alias.alias)
    for provider in get_snapshot().providers:
        for model in provider.models:
            if provider.find_model(model.id) is model:
                yield provider.id, model.id, model.id
            known = aliases.get((provider.id, model.id), [])
            for alias in chance.sample(known, min(2, len(known))):
                yield provider.id, model.id, alias


async def test_same_cost_as_genai_prices_over_the_whole_catalogue(calculator: CostCalculator) -> None:
    chance = random.Random(20261123)
    overrides = read_overrides()
    overridden = {(p.provider, p.model) for p in overrides.prices}
    overridden |= {(a.provider, a.alias) for a in overrides.aliases}
    outcome: Counter[str] = Counter()
    wrong: list[str] = []
    for provider, model, name in _names(chance):
        if (provider, model) in overridden or (provider, name) in overridden:
            outcome["overridden"] += 1
            continue
        for _ in range(4):
            usage = _usage(chance)
            ours_context, their_context = chance.choice(CONTEXTS)
            at = FIRST + timedelta(days=chance.randint(0, DAYS), seconds=chance.randint(0, 86_399))
            theirs = genai_prices.calc_price(
                _theirs(usage),
                name,
                provider_id=provider,
                genai_request_timestamp=at,
                price_context=their_context,
            )
            quote = calculator.price(1, provider, name, usage, None, to_us(at), **ours_context)
            stated = theirs.model_price.__dict__
            if quote is None:
                unpriced_input = usage.input_tokens and "input_mtok" not in stated
                unpriced_output = usage.output_tokens and "output_mtok" not in stated
                assert unpriced_input or unpriced_output or not stated, (provider, name, at)
                outcome["unpriced, where they say 0"] += 1
                continue
            exact = theirs.total_price * 10**12
            expected = int(exact.to_integral_value(ROUND_HALF_EVEN))
            found = quote.computed_pico + quote.tool_pico
            # A few rates per token have more than eighteen decimals.
            long_rates = any(
                isinstance(rate, Decimal) and int(rate.as_tuple().exponent) < -12 for rate in stated.values()
            )
            slack = (usage.input_tokens + usage.output_tokens) // 10**6 + 1 if long_rates else 0
            if abs(found - expected) > slack:
                wrong.append(f"{provider}/{name} at {at} {ours_context} {usage}: {found}, not {expected}")
            outcome["equal"] += 1
    assert not wrong, wrong[:5]
    assert outcome["equal"] > 10_000, outcome
    assert outcome["overridden"] < 100, outcome


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
