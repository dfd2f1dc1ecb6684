"""What-if: exactly what each call would cost by itself, and said plainly where that cannot be known."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from histories import PROVIDER, call, days_ago, set_price, spaced
from llmlab_shared import clock
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import usage_of
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook
from world import World


async def ask(world: World, model: str, **parameters: Any) -> dict[str, Any]:
    response = await world.get("/api/costs/what-if", model=model, **parameters)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_reference_call_on_another_model(world: World) -> None:
    """100 calls of gpt-4 with 1,000 in and 500 out: 0.06 each; gpt-4o (2.5 and 10): 0.0075."""
    await world.store(*spaced(100, 60, days_ago(3), "gpt-4", 1000, 500, provider="openai", feature="a"))
    await world.store(*spaced(10, 60, days_ago(3), "gpt-4o", 1000, 500, provider="openai", feature="b"))
    answer = await ask(world, "openai/gpt-4o,nobody/unheard-of", feature="a")
    assert answer["actual"] == {
        "calls": 100, "spend": "6", "fees": "0", "spend_per_call": "0.06",
        "tokens": {"input": 100000, "output": 50000}, "largest_input_tokens": 1000,
    }  # fmt: skip
    there, unknown = answer["targets"]
    assert there == {
        "provider": "openai", "model": "gpt-4o", "price_status": "priced", "calls": 100, "cost": "0.75",
        "cost_per_call": "0.0075", "spend": "6", "difference": "-5.25", "difference_percent": "-87.5",
        "not_priced": [], "unpriced_calls_cost": None,
    }  # fmt: skip
    assert (unknown["price_status"], unknown["cost"]) == ("unpriced", None)
    assert unknown["not_priced"] == [{"reason": "no_price", "calls": 100, "classes": []}]
    by_model = await ask(world, "gpt-4", of_model="gpt-4o")
    assert (by_model["actual"]["calls"], by_model["targets"][0]["cost"]) == (10, "0.6")
    assert (by_model["basis"], by_model["left_out"]) == ("events", [])


async def test_it_is_the_sum_of_the_calls_one_by_one(world: World) -> None:
    """Cache, tiers, batches and fees: priced as each call by itself, to the last digit."""
    draw = random.Random(7)
    events = []
    for n in range(150):
        total = draw.choice((800, 5000, 199_990, 200_000, 200_001, 260_000))
        fields: dict[str, Any] = {"cache_read_tokens": draw.randrange(total // 2)}
        if n % 3 == 0:
            fields["cache_write_tokens"] = draw.randrange(total // 4)
        if n % 4 == 0:
            fields["processing"] = "batch"
        if n % 10 == 0:
            fields["units"] = {"web_searches": 2}
        at = days_ago(3) + timedelta(seconds=n)
        events.append(
            call(at, "claude-sonnet-4-5", total, draw.randrange(900), provider="anthropic", **fields)
        )
    await world.store(*events)
    async with world.ledger.pool.acquire() as connection:
        calculator = CostCalculator(await PriceBook.load(connection))
    targets = ["google/gemini-2.5-pro", "openai/gpt-4.1", "anthropic/claude-sonnet-4-5"]
    answer = await ask(world, ",".join(targets))
    fees = Decimal(answer["actual"]["fees"])
    assert fees > 0
    for asked, target in zip(targets, answer["targets"], strict=True):
        provider, _, model = asked.partition("/")
        pico = 0
        for event in events:
            tokens = usage_of(
                event["input_tokens"], event["output_tokens"], cache_read=event["cache_read_tokens"],
                cache_write_5m=event.get("cache_write_tokens", 0),
            )  # fmt: skip
            quote = calculator.price(
                0, provider, model, tokens, None, clock.now_us(), processing=event.get("processing")
            )
            assert quote is not None
            pico += quote.computed_pico
        assert Decimal(target["cost"]) == from_pico(pico) + fees, asked
    # On its own model at unchanged prices nothing changes.
    assert answer["targets"][2]["difference"] == "0"


async def test_as_if_all_of_it_were_batches(world: World) -> None:
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch")
    await world.store(*spaced(20, 60, days_ago(3), "m", 1000))
    answer = await ask(world, f"{PROVIDER}/m", processing="batch")
    assert (answer["targets"][0]["cost"], answer["processing"]) == ("0.1", "batch")
    assert (await ask(world, f"{PROVIDER}/m"))["targets"][0]["cost"] == "0.2"


async def test_what_cannot_be_compared_is_counted(world: World) -> None:
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "text", {"input": "5"})
    await world.store(*spaced(4, 60, days_ago(3), "m", 1000))
    await world.store(*spaced(3, 60, days_ago(3), "m", 1000, 50))
    await world.store(*spaced(2, 60, days_ago(3), "unheard-of", 1000))
    await world.store(*spaced(1, 60, days_ago(3), "m", 1000, billing="subscription"))
    await world.store({"provider": PROVIDER, "model": "m", "timestamp": days_ago(3).isoformat()})
    answer = await ask(world, f"{PROVIDER}/text")
    (target,) = answer["targets"]
    assert (target["price_status"], target["calls"], target["cost"]) == ("partly", 4, "0.02")
    assert target["spend"] == "0.04"
    assert target["not_priced"] == [{"reason": "class_without_price", "calls": 3, "classes": ["output"]}]
    assert target["unpriced_calls_cost"] == "0.01"
    assert answer["left_out"] == [
        {"reason": "no_token_counts", "calls": 1},
        {"reason": "not_metered", "calls": 1},
        {"reason": "unpriced", "calls": 2},
    ]
    nothing = await ask(world, f"{PROVIDER}/text", feature="none such")
    assert (nothing["actual"]["calls"], nothing["targets"][0]["cost"]) == (0, None)


async def test_many_events_are_answered_from_rollups_where_those_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.store(*spaced(20, 60, days_ago(3), "gpt-4", 1000, 500, provider="openai", feature="a"))
    events = await ask(world, "openai/gpt-4o", of_model="gpt-4")
    monkeypatch.setattr("llmlab_api.what_if.service.MOST_EVENTS", 19)
    rollups = await ask(world, "openai/gpt-4o", of_model="gpt-4")
    assert (events["basis"], rollups["basis"]) == ("events", "rollups")
    assert rollups["targets"] == events["targets"]
    assert rollups["actual"] == {**events["actual"], "largest_input_tokens": None}
    for parameters, told in (
        ({"model": "google/gemini-2.5-pro"}, "dearer for long inputs"),
        ({"model": "openai/gpt-4o", "feature": "a"}, "no rollup keeps"),
    ):
        response = await world.get("/api/costs/what-if", **parameters)
        assert (response.status_code, response.json()["code"]) == (422, "too_many_events")
        assert told in response.json()["detail"]


async def test_another_workspace_sees_none_of_it(world: World) -> None:
    await world.store(*spaced(20, 60, days_ago(3), "gpt-4", 1000, 500, provider="openai"))
    answer = await ask(await world.another(), "openai/gpt-4o")
    assert answer["actual"]["calls"] == 0


async def test_what_makes_no_sense(world: World) -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "missing_field"),
        ({"model": " , "}, "missing_field"),
        ({"model": ",".join(f"openai/m{n}" for n in range(21))}, "too_many_values"),
        ({"model": "no-such-model"}, "provider_missing"),
        ({"model": "openai/gpt-4o", "processing": "soon"}, "bad_filter"),
        ({"model": "openai/gpt-4o", "from": "2026-11-02", "to": "2026-11-01"}, "bad_range"),
        ({"model": "openai/gpt-4o", "modle": "x"}, "unknown_filter"),
        ({"model": "openai/gpt-4o", "customer": "(other)"}, "value_not_kept"),
        ({"model": "openai/gpt-4o\x00"}, "nul_byte"),
    ]
    for parameters, code in cases:
        response = await world.get("/api/costs/what-if", **parameters)
        assert (response.status_code, response.json()["code"]) == (422, code), response.text
