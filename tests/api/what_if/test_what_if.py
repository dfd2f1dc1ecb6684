"""What-if: exactly what each call would cost by itself, and said plainly where that cannot be known."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from histories import PROVIDER, call, days_ago, set_price, spaced
from llmlab_shared import clock
from llmlab_shared.db.repositories.call_mix import read_mix, read_rhythms
from llmlab_shared.db.repositories.call_source import Calls
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import usage_of
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.context import context_of
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


# As Anthropic answers for a call of a message batch.
BATCHED = {
    "input_tokens": 2095,
    "cache_creation_input_tokens": 2051,
    "cache_read_input_tokens": 2051,
    "cache_creation": {"ephemeral_5m_input_tokens": 2051, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 503,
    "server_tool_use": {"web_search_requests": 0},
    "service_tier": "batch",
}


async def test_a_tier_inside_the_usage_object_counts_though_no_column_tells_of_it(world: World) -> None:
    """On its own model nothing changes, for a workspace with a discount on everything too."""
    one = {"provider": "anthropic", "model": "claude-sonnet-4-5", "usage": BATCHED}
    mine = await world.another()
    discount = {"provider": "anthropic", "model": "*", "discount_percent": "10", "valid_from": "2026-01-01"}
    response = await world.client.put("/api/prices", json=discount, headers=mine.account.auth)
    assert response.status_code == 201, response.text
    for each in (world, mine):
        await each.store(*({**one, "timestamp": days_ago(day).isoformat()} for day in range(2, 6)))
        answer = await ask(each, "anthropic/claude-sonnet-4-5")
        assert answer["targets"][0]["difference"] == "0"
        # The price of batches is half of it.
        spend = Decimal(answer["actual"]["spend"])
        standard = await ask(each, "anthropic/claude-sonnet-4-5", processing="standard")
        assert Decimal(standard["targets"][0]["cost"]) == 2 * spend > 0


async def test_calls_are_told_apart_by_contexts_that_have_a_price(world: World) -> None:
    """Tiers and regions are any client's words: those that change no price make no kind of their own."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    for context, price in (("batch", "5"), ("@eu", "12"), ("batch@eu", "7")):
        await set_price(world, "m", {"input": price, "output": "0"}, context=context)
    tiers = (None, "default", "standard", "auto", "Flex", "on_demand_priority", "batch", "made up")
    columns = [
        (tier, processing, region)
        for tier in tiers
        for processing in (None, "Batch", "sync")
        for region in (None, " EU ", *(f"nowhere-{n}" for n in range(9)))
    ]
    names = ("service_tier", "processing", "region")
    await world.store(
        *(
            call(days_ago(3), "m", 1000, **{n: v for n, v in zip(names, each, strict=True) if v is not None})
            for each in columns
        )
    )
    expected = Counter(
        context_of(tier, processing, region if region == " EU " else None)
        for tier, processing, region in columns
    )
    start, end = days_ago(4), days_ago(2)
    calls = Calls(world.account.workspace_id, start, end, start - timedelta(days=1), "UTC", {})
    async with world.app.state.services.engine.connect() as connection:
        rows = await read_mix(connection, calls, [])
        rhythms = await read_rhythms(connection, calls, crowd=1, features=[])
    assert {row.context: row.calls for row in rows} == expected
    standard = sum(number for context, number in expected.items() if context in ("", "@eu"))
    assert {rhythm.standard: rhythm.calls for rhythm in rhythms}[True] == standard
    # Processed another way, a call stays where it is: 0.007 for each in the region, 0.005 elsewhere.
    answer = await ask(world, f"{PROVIDER}/m", processing="batch")
    there = sum(number for context, number in expected.items() if context.endswith("@eu"))
    cost = Decimal("0.007") * there + Decimal("0.005") * (len(columns) - there)
    assert Decimal(answer["targets"][0]["cost"]) == cost


async def test_what_cannot_be_compared_is_counted(world: World) -> None:
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "text", {"input": "5"})
    await world.store(*spaced(4, 60, days_ago(3), "m", 1000))
    await world.store(*spaced(3, 60, days_ago(3), "m", 1000, 50))
    await world.store(*spaced(2, 60, days_ago(3), "unheard-of", 1000))
    await world.store(*spaced(1, 60, days_ago(3), "m", 1000, billing="subscription"))
    await world.store({"provider": PROVIDER, "model": "m", "timestamp": days_ago(3).isoformat()})
    await set_price(world, "hears", {"input": "10", "output": "0"})
    await set_price(world, "speech", {"input_audio": "5", "output": "0"})
    spoken = spaced(3, 60, days_ago(3), "hears", 1000, feature="talk", input_audio_tokens=1000)
    await world.store(*spoken, call(days_ago(3), "hears", 1000, feature="talk", input_audio_tokens=999))
    # One call with a word of text keeps none of the others from being priced.
    (heard,) = (await ask(world, f"{PROVIDER}/speech", feature="talk"))["targets"]
    assert (heard["calls"], heard["cost"]) == (3, "0.015")
    assert heard["not_priced"] == [{"reason": "class_without_price", "calls": 1, "classes": ["input"]}]
    answer = await ask(world, f"{PROVIDER}/text", of_model="m,unheard-of")
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


async def test_fees_that_rollups_do_not_tell_are_not_called_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call of 0.01 for tokens and 0.09 for searches: no rollup keeps which is which."""
    await set_price(
        world, "m", {"input": "10", "output": "0"}, units={"web_searches": {"usd": "9", "per": 1000}}
    )
    await world.store(*spaced(20, 60, days_ago(3), "m", 1000, units={"web_searches": 10}))
    events = await ask(world, f"{PROVIDER}/m")
    assert (events["actual"]["fees"], events["targets"][0]["difference"]) == ("1.8", "0")
    monkeypatch.setattr("llmlab_api.what_if.service.MOST_EVENTS", 19)
    rollups = await ask(world, f"{PROVIDER}/m")
    (target,) = rollups["targets"]
    assert (rollups["actual"]["fees"], rollups["actual"]["spend"]) == (None, "2")
    assert (target["cost"], target["spend"]) == ("0.2", "2")
    assert (target["difference"], target["difference_percent"]) == (None, None)
    # An end inside a quarter of an hour has to be counted from the events.
    monkeypatch.setattr("llmlab_shared.db.repositories.costs.MAX_SCANNED", 19)
    uneven = {"from": (days_ago(4) + timedelta(minutes=7)).isoformat(), "to": days_ago(2).isoformat()}
    response = await world.get("/api/costs/what-if", model=f"{PROVIDER}/m", **uneven)
    assert (response.status_code, response.json()["code"]) == (422, "bad_range"), response.text


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
