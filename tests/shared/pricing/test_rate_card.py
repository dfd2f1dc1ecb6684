"""Rate cards: what a price document means, and what is no price document."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.clock import to_us
from llmlab_shared.domain.money import to_pico
from llmlab_shared.domain.usage import INPUT_CLASSES, TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.plan import DAY_US
from llmlab_shared.pricing.price_document import PriceDocumentError, compile_document
from llmlab_shared.pricing.rate_card import RateCard, half_even

HOUR_US = DAY_US // 24


def card(document: Mapping[str, Any], at_us: int = 0) -> RateCard:
    plan, start, end = compile_document(document).at(at_us)
    return plan.card(1, "exact", start, end)


def test_each_class_has_its_own_rate() -> None:
    rates = {name: str(number) for number, name in enumerate(TOKEN_CLASSES, 1)}
    priced = card({"tokens": rates})
    for number, name in enumerate(TOKEN_CLASSES, 1):
        assert priced.token_cost(TokenUsage(**{name: 7})) == 7 * number * 10**6


def test_a_class_without_a_rate_costs_what_its_parent_costs() -> None:
    text_only = card({"tokens": {"input": "2", "output": "10"}})
    assert all(text_only.token_cost(TokenUsage(**{name: 1})) == 2 * 10**6 for name in INPUT_CLASSES)
    assert text_only.token_cost(TokenUsage(output_audio=1)) == 10**7
    cached = card({"tokens": {"input": "4", "cache_read": "1", "cache_write_5m": "5", "input_audio": "30"}})
    assert cached.token_cost(TokenUsage(cache_write_1h=1)) == 5 * 10**6
    assert cached.token_cost(TokenUsage(cache_audio_read=1)) == 1 * 10**6


def test_what_has_no_rate_at_all_is_not_free() -> None:
    embedding = card({"tokens": {"input": "0.02"}})
    assert embedding.token_cost(TokenUsage(input=1_000)) == 20_000_000
    assert embedding.token_cost(TokenUsage(input=1_000, output=1)) is None
    by_the_second = card({"units": {"seconds": {"usd": "0.36", "per": 3600}}})
    assert by_the_second.token_cost(TokenUsage(input=1)) is None
    assert by_the_second.unit_cost({"seconds": Decimal("2.5")}) == 250_000_000


def test_a_tier_reprices_the_whole_request_above_its_threshold() -> None:
    priced = card(
        {
            "tokens": {"input": "1", "cache_read": "0.1", "output": "5"},
            "tiers": [
                {"above": 300, "tokens": {"input": "3", "cache_read": "0.3", "output": "9"}},
                {"above": 200, "tokens": {"input": "2", "cache_read": "0.2", "output": "7"}},
            ],
        }
    )
    assert priced.token_cost(TokenUsage(input=100, cache_read=100, output=1)) == (100 + 10 + 5) * 10**6
    assert priced.token_cost(TokenUsage(input=101, cache_read=100, output=1)) == (202 + 20 + 7) * 10**6
    assert priced.token_cost(TokenUsage(input=1, cache_read=300, output=1)) == (3 + 90 + 9) * 10**6


def test_output_does_not_lift_a_request_into_a_tier() -> None:
    priced = card(
        {
            "tokens": {"input": "1", "output": "1"},
            "tiers": [{"above": 5, "tokens": {"input": "9", "output": "9"}}],
        }
    )
    assert priced.token_cost(TokenUsage(input=5, output=1_000)) == 1_005 * 10**6


def test_windows_of_the_day_over_midnight_too() -> None:
    document = {
        "tokens": {"input": "1"},
        "windows": [
            {"from": "22:00", "until": "02:00", "tokens": {"input": "3"}},
            {"from": "10:00", "until": "12:30", "tokens": {"input": "2"}},
        ],
    }
    day = 20_000 * DAY_US
    expected = {0: 3, 1: 3, 2: 1, 9: 1, 10: 2, 12: 2, 13: 1, 21: 1, 22: 3, 23: 3}
    for hour, rate in expected.items():
        at_us = day + hour * HOUR_US
        found = card(document, at_us)
        assert found.token_cost(TokenUsage(input=1)) == rate * 10**6, hour
        assert found.valid_from_us <= at_us < found.valid_until_us
        assert day <= found.valid_from_us < found.valid_until_us <= day + DAY_US
        for edge in (found.valid_from_us, found.valid_until_us - 1):
            assert card(document, edge).token_cost(TokenUsage(input=1)) == rate * 10**6


def test_fees_per_use() -> None:
    priced = card(
        {
            "tokens": {"input": "1"},
            "units": {"web_searches": {"usd": "10", "per": 1000}, "requests": {"usd": "5", "per": 1000}},
        }
    )
    assert priced.unit_cost(None) == to_pico(Decimal("0.005"))
    assert priced.unit_cost({"web_searches": Decimal(3)}) == to_pico(Decimal("0.035"))
    assert priced.unit_cost({"requests": Decimal(2), "images": Decimal(9)}) == to_pico(Decimal("0.01"))


def test_rates_finer_than_a_pico_dollar_are_rounded_once() -> None:
    fine = card({"tokens": {"input": "0.0000005", "output": "1"}})
    assert [fine.token_cost(TokenUsage(input=n)) for n in range(5)] == [0, 0, 1, 2, 2]


@given(st.integers(0, 10**30))
def test_half_even(atto: int) -> None:
    expected = (Decimal(atto) / 10**6).to_integral_value(ROUND_HALF_EVEN)
    assert half_even(atto) == expected


amounts = st.integers(0, 10**9).map(lambda n: str(Decimal(n) / 10**6))
usages = st.builds(
    TokenUsage, **{name: st.integers(0, 10**12 // 10) for name in TOKEN_CLASSES}, reasoning=st.just(0)
)


@given(
    rates=st.fixed_dictionaries(dict.fromkeys(TOKEN_CLASSES, amounts)),
    dearer=st.integers(1, 5),
    above=st.integers(0, 10**6),
    usage=usages,
    name=st.sampled_from(TOKEN_CLASSES),
    more=st.integers(0, 10**9),
)
def test_cost_never_falls_with_more_tokens(  # noqa: PLR0917 # hypothesis passes them by name
    rates: dict[str, str], dearer: int, above: int, usage: TokenUsage, name: str, more: int
) -> None:
    higher = {n: str(Decimal(rate) * dearer) for n, rate in rates.items()}
    priced = card({"tokens": rates, "tiers": [{"above": above, "tokens": higher}]})
    grown = msgspec.structs.replace(usage, **{name: getattr(usage, name) + more})
    before, after = priced.token_cost(usage), priced.token_cost(grown)
    assert before is not None
    assert after is not None
    assert after >= before


@given(
    rates=st.fixed_dictionaries(dict.fromkeys(TOKEN_CLASSES, amounts)),
    usage=usages,
)
def test_cost_equals_the_sum_of_its_classes_in_decimals(rates: dict[str, str], usage: TokenUsage) -> None:
    exact = sum(Decimal(rates[name]) * getattr(usage, name) for name in TOKEN_CLASSES) * 10**6
    assert card({"tokens": rates}).token_cost(usage) == exact.to_integral_value(ROUND_HALF_EVEN)


@pytest.mark.parametrize(
    "document",
    [
        {"tokens": {"inputs": "1"}},
        {"tokens": {"input": 1.5}},
        {"tokens": {"input": "-1"}},
        {"tokens": {"input": "NaN"}},
        {"tokens": {"input": "1e9"}},
        {"tokens": {"input": "a lot"}},
        {"tokens": ["1"]},
        {"token": {"input": "1"}},
        {"tokens": {"input": "1"}, "tiers": {"above": 1}},
        {"tokens": {"input": "1"}, "tiers": [{"above": -1, "tokens": {"input": "1"}}]},
        {"tokens": {"input": "1"}, "tiers": [{"above": 1, "tokens": {}}, {"above": 1, "tokens": {}}]},
        {"units": {"web_searches": "0.01"}},
        {"units": {"web_searches": {"usd": "0.01", "per": 0}}},
        {"units": {"web_searches": {"usd": "20001", "per": 1000}}},
        {"windows": [{"from": "25:00", "until": "01:00", "tokens": {}}]},
        {"windows": [{"from": "1:00", "until": "2:00", "tokens": {}}]},
        {
            "windows": [
                {"from": "01:00", "until": "03:00", "tokens": {}},
                {"from": "02:00", "until": "04:00", "tokens": {}},
            ]
        },
    ],
)
def test_what_is_no_price(document: Mapping[str, Any]) -> None:
    with pytest.raises(PriceDocumentError):
        compile_document(document)


def test_windows_of_some_days_of_the_week() -> None:
    """Friday night runs into Saturday; Saturday itself has none."""
    plan = compile_document(
        {
            "tokens": {"input": "1", "output": "1"},
            "windows": [
                {"from": "22:00", "until": "02:00", "days": [5], "tokens": {"input": "2", "output": "1"}},
                {"from": "22:00", "until": "23:00", "days": [1], "tokens": {"input": "3", "output": "1"}},
            ],
        }
    )
    friday = to_us(datetime(2026, 10, 23, tzinfo=UTC))
    hours = {
        hour: plan.at(friday + hour * DAY_US // 24)[0].rates[0] // 10**6 for hour in (21, 22, 25, 26, 46, 94)
    }
    assert hours == {21: 1, 22: 2, 25: 2, 26: 1, 46: 1, 94: 3}


@pytest.mark.parametrize("days", [[], [0], [8], [True], ["1"], 5, "mon"])
def test_days_that_are_none(days: object) -> None:
    window = {"from": "01:00", "until": "02:00", "days": days, "tokens": {"input": "1", "output": "1"}}
    with pytest.raises(PriceDocumentError, match="days must be a list of 1"):
        compile_document({"tokens": {}, "windows": [window]})


def test_a_tier_states_what_the_price_does() -> None:
    tier = {"above": 10, "tokens": {"input": "2"}}
    with pytest.raises(PriceDocumentError, match="the tier above 10 lacks rates for output"):
        compile_document({"tokens": {"input": "1", "output": "1"}, "tiers": [tier]})
