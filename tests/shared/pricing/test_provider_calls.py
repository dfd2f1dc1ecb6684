"""Recorded calls come out exactly: tokens, cost of the tokens, fees, and what is charged in the end."""

from collections import Counter
from decimal import Decimal

import msgspec
import pytest
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import Measured
from llmlab_shared.pricing.calculator import CostCalculator, Quote
from llmlab_shared.providers.factory import get_provider
from provider_calls import ProviderCall, all_calls, demo_calls


def _measured(call: ProviderCall, api: str | None) -> Measured:
    return get_provider(call.provider).normalise(call.usage, api)


def _quote(calculator: CostCalculator, call: ProviderCall) -> Quote | None:
    measured = _measured(call, call.api)
    return calculator.price(
        1,
        call.provider,
        call.model,
        measured.tokens,
        measured.units,
        call.at_us,
        service_tier=call.service_tier or measured.service_tier,
        region=measured.region,
    )


@pytest.mark.parametrize("hint", ["as recorded", "none", "misleading"])
def test_tokens(hint: str) -> None:
    for call in all_calls():
        api = {"as recorded": call.api, "none": None, "misleading": "converse"}[hint]
        measured = _measured(call, api)
        tokens = {name: count for name, count in msgspec.structs.asdict(measured.tokens).items() if count}
        assert tokens == {n: c for n, c in call.expected_tokens.items() if c}, call.response_id
        assert measured.units == call.expected_units, call.response_id


async def test_costs(calculator: CostCalculator) -> None:
    calls = all_calls()
    assert len(calls) == 194
    for call in calls:
        quote = _quote(calculator, call)
        assert quote is not None, call.model
        assert to_wire(from_pico(quote.computed_pico)) == call.expected_computed_cost, call
        assert to_wire(from_pico(quote.tool_pico)) == call.expected_tool_cost, call


async def test_the_provider_s_own_charge_is_read_exactly() -> None:
    reported = {
        call.response_id: (_measured(call, call.api).reported_cost, call.expected_reported_cost)
        for call in all_calls()
    }
    given = {key: pair for key, pair in reported.items() if pair != (None, None)}
    assert len(given) == 7
    for found, expected in given.values():
        assert found is not None
        assert to_wire(found) == expected


async def test_every_price_was_found_by_a_rule_that_names_the_model(calculator: CostCalculator) -> None:
    rules = Counter(quote.rule for call in all_calls() if (quote := _quote(calculator, call)))
    assert set(rules) <= {"exact", "alias", "dated", "dated,alias"}


def test_demo_calls_are_enough_and_each_has_its_own_instant() -> None:
    calls = demo_calls()
    assert len(calls) >= 150
    assert {call.provider for call in calls} == {"openai", "anthropic", "google"}
    assert len({call.timestamp for call in calls}) == len(calls)
    for call in calls:
        parts = Decimal(call.expected_computed_cost) + Decimal(call.expected_tool_cost)
        assert parts == Decimal(call.expected_cost)
