"""What a model costs, put together from versions and factors, as the server does it."""

from decimal import Decimal
from typing import Any

import pytest
from cli_price_samples import AZURE_GPT_4O, DISCOUNT, GPT_4O, GPT_4O_BATCH, OWN, tokens, version
from llmlab_cli.standing import standing_of

EU = version(30, "azure/gpt-4o", {"factor": "1.1"}, context="@eu")
BATCH_EU = version(31, "azure/gpt-4o", {"factor": "1.2"}, context="batch@eu")
OTHER_EU = version(32, "openai/gpt-4o", tokens(input="99", output="99"), context="@eu")
MODEL_DISCOUNT = version(33, "openai/gpt-4o", {"factor": "0.9"}, layer="custom")
BATCH_DISCOUNT = version(34, "openai/gpt-4o", {"factor": "0.7"}, layer="custom", context="batch")
BEATEN = {**AZURE_GPT_4O, "effective": False}

CASES: dict[str, tuple[list[list[dict[str, Any]]], str, tuple[int | None, str]]] = {
    "its price": ([[GPT_4O, GPT_4O_BATCH]], "", (11, "1")),
    "a factor on the standard price": ([[GPT_4O, GPT_4O_BATCH]], "batch", (11, "0.5")),
    "a context without a price": ([[GPT_4O, GPT_4O_BATCH]], "flex", (11, "1")),
    "a region's batch": ([[GPT_4O, GPT_4O_BATCH]], "batch@eu", (11, "0.5")),
    "a factor on nothing": ([[GPT_4O_BATCH]], "batch", (None, "1")),
    "a price that is beaten": ([[BEATEN]], "", (None, "1")),
    "another list's price": ([[EU], [GPT_4O]], "", (11, "1")),
    "a region on another list's price": ([[EU], [GPT_4O]], "@eu", (11, "1.1")),
    "never on the price of the same context": ([[EU], [OTHER_EU, GPT_4O]], "@eu", (11, "1.1")),
    "two factors": ([[BATCH_EU], [GPT_4O_BATCH, GPT_4O]], "batch@eu", (11, "0.6")),
    "the model's own before another list's": ([[AZURE_GPT_4O], [OTHER_EU]], "@eu", (13, "1")),
    "no discount on an own price": ([[OWN, MODEL_DISCOUNT]], "", (91, "1")),
    "the model's discount before the provider's": ([[GPT_4O, MODEL_DISCOUNT]], "", (11, "0.9")),
    "the context's discount before the standard one": (
        [[GPT_4O, GPT_4O_BATCH, MODEL_DISCOUNT, BATCH_DISCOUNT]],
        "batch",
        (11, "0.35"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_stands_on(name: str) -> None:
    names, context, (base, factor) = CASES[name]
    provider = [DISCOUNT] if "discount" in name else []
    found = standing_of(names, provider, context)
    assert (found.base and found.base["id"], found.factor) == (base, Decimal(factor))


def test_a_discount_on_all_models_is_of_every_context() -> None:
    assert standing_of([[GPT_4O, GPT_4O_BATCH]], [DISCOUNT], "batch").factor == Decimal("0.4")
