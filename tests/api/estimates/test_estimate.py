"""What calls would cost: to the digit what events of the same calls cost then."""

import asyncio
from dataclasses import fields
from typing import Any, get_args

import httpx
import pytest
from ledger import event
from llmlab_api.current_prices import CurrentPrices
from llmlab_api.estimates.schemas import Call
from llmlab_shared import clock
from llmlab_shared.clock import to_us
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.events import Event, Unit
from llmlab_shared.domain.usage import TokenUsage
from sqlalchemy import text
from world import World

PATH = "/api/prices/estimate"


async def ask(world: World, model: Any, **parameters: Any) -> httpx.Response:
    return await world.get(PATH, model=model, **parameters)


async def estimates(world: World, model: Any, **parameters: Any) -> list[dict[str, Any]]:
    response = await ask(world, model, **parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["estimates"]
    return found


async def put(world: World, **body: Any) -> dict[str, Any]:
    response = await world.client.put("/api/prices", json=body, headers=world.account.auth)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_reference(world: World) -> None:
    response = await ask(world, "openai/gpt-4", input_tokens=1000, output_tokens=500, at="2026-11-01")
    assert response.status_code == 200, response.text
    answer = response.json()
    price_id = answer["estimates"][0]["price_id"]
    assert answer == {
        "at": "2026-11-01T00:00:00Z",
        "calls": 1,
        "tokens": {"input": 1000, "output": 500},
        "estimates": [
            {
                "provider": "openai",
                "model": "gpt-4",
                "price_status": "priced",
                "cost": "0.06",
                "cost_per_call": "0.06",
                "computed_cost": "0.06",
                "tool_cost": "0",
                "price_id": price_id,
                "price_rule": "exact",
                "context_used": "",
                "cheaper_by_percent": None,
            }
        ],
    }


CALLS: list[dict[str, Any]] = [
    {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500},
    {
        "provider": "openai",
        "model": "gpt-5",
        "input_tokens": 7,
        "cache_read_tokens": 3,
        "processing": "batch",
    },
    {"provider": "openai", "model": "gpt-5", "input_tokens": 7, "output_tokens": 1, "service_tier": "flex"},
    {
        "provider": "anthropic",
        "model": "claude-sonnet-4-5-20250929",
        "input_tokens": 300_001,
        "cache_write_tokens": 90_000,
        "cache_write_1h_tokens": 70_000,
        "cache_read_tokens": 10,
        "output_tokens": 12,
        "units": {"web_searches": "3"},
    },
    {"provider": "google", "model": "gemini-2.5-pro", "input_tokens": 200_001, "output_tokens": 9},
    {
        "provider": "openai",
        "model": "gpt-realtime",
        "input_tokens": 9,
        "input_audio_tokens": 5,
        "region": "eu",
    },
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call["model"])
async def test_an_estimate_is_what_the_event_costs(world: World, call: dict[str, Any]) -> None:
    now = clock.now().isoformat()
    await world.store(event(**{"output_tokens": None, **call}, timestamp=now))
    stored = (await world.get("/api/costs", limit=1)).json()["costs"][0]
    assert stored["price_status"] == "priced"
    counts = {name: value for name, value in call.items() if name not in ("provider", "model", "units")}
    (found,) = await estimates(
        world, f"{call['provider']}/{call['model']}", at=now, **counts, **call.get("units", {})
    )
    names = ("cost", "computed_cost", "tool_cost", "price_id", "price_rule")
    assert {name: found[name] for name in names} == {
        # An event without a fee beside tokens keeps none.
        name: stored[name] or "0" if name == "tool_cost" else stored[name]
        for name in names
    }


async def test_several_are_compared_in_the_order_asked(world: World) -> None:
    found = await estimates(
        world,
        ["openai/gpt-4o-mini", "OpenAI/GPT-4", "acme/unknown", "gpt-4o"],
        input_tokens=1000,
        output_tokens=500,
        calls=1000,
        at="2026-11-01",
    )
    # 0.15 and 0.6, 30 and 60, 2.5 and 10 USD a million.
    facts = [(row["provider"], row["model"], row["cost"], row["cheaper_by_percent"]) for row in found]
    assert facts == [
        ("openai", "gpt-4o-mini", "0.45", "99.25"),
        ("openai", "gpt-4", "60", "0"),
        ("acme", "unknown", None, None),
        ("openai", "gpt-4o", "7.5", "87.5"),
    ]
    unknown = found[2]
    assert unknown["price_status"] == "unpriced"
    assert {unknown[name] for name in ("cost_per_call", "tool_cost", "price_id", "context_used")} == {None}
    assert found[0]["cost_per_call"] == "0.00045"


async def test_own_prices_discounts_and_names_count(world: World) -> None:
    call = {"input_tokens": 1000, "output_tokens": 500}
    price = await put(world, provider="openai", model="gpt-4", tokens={"input": "10", "output": "20"})
    (found,) = await estimates(world, "gpt-4", **call)
    assert (found["cost"], found["price_id"]) == ("0.02", price["id"])
    await put(world, provider="acme", model="vendor/own", tokens={"input": "1", "output": "2"})
    # A slash may be part of a name, when what stands before it is nobody who sells anything.
    assert [row["cost"] for row in await estimates(world, ["acme/vendor/own", "Vendor/Own"], **call)] == [
        "0.002"
    ] * 2
    mapping = {"provider": "azure", "name": "our-fast", "model": "gpt-4", "target_provider": "openai"}
    await world.client.put("/api/prices/mappings", json=mapping, headers=world.account.auth)
    (found,) = await estimates(world, "our-fast", **call)
    assert (found["provider"], found["price_rule"]) == ("azure", "mapping:exact")
    other = await world.another()
    assert [row["cost"] for row in await estimates(other, ["gpt-4", "acme/vendor/own"], **call)] == [
        "0.06",
        None,
    ]


async def test_the_context_whose_price_it_is(world: World) -> None:
    async def used(model: str, **parameters: Any) -> str:
        (found,) = await estimates(world, model, input_tokens=1, **parameters)
        context: str = found["context_used"]
        return context

    assert await used("openai/gpt-5", processing="batch") == "batch"
    assert await used("openai/gpt-5", processing="batch", region="eu") == "batch"
    assert await used("openai/gpt-5", service_tier="turbo", region="mars") == ""
    assert await used("openai/gpt-4-32k", processing="batch") == ""
    await put(world, provider="acme", model="one", tokens={"input": "1"})
    await put(world, provider="acme", model="one", context="@eu", tokens={"input": "1"})
    await put(world, provider="acme", model="one", context="batch@eu", tokens={"input": "1"})
    assert await used("acme/one", region="EU") == "@eu"
    assert await used("acme/one", region="EU", service_tier="batch") == "batch@eu"
    assert await used("acme/one", region="us", service_tier="batch") == ""
    assert await used("acme/one", region="eu", service_tier="flex") == ""
    await put(world, provider="openai", model="*", discount_percent="10")
    assert await used("openai/gpt-5", processing="batch", region="eu") == "batch"


STRANGE: list[tuple[dict[str, Any], str, str]] = [
    ({"model": []}, "model", "missing"),
    ({"model": ""}, "model", "at least 1"),
    ({"model": ["openai/gpt-4"] * 51}, "model", "50"),
    ({"model": "x" * 513}, "model", "512"),
    ({"model": "a\x00"}, "model", "control"),
    ({"model": "no-such-model"}, "model", "openai/no-such-model"),
    ({"model": "claude-sonnet-4-5"}, "model", "anthropic/claude-sonnet-4-5, google/claude-sonnet-4-5"),
    ({"input_tokens": None}, "input_tokens", "at least one count"),
    ({"input_tokens": -1}, "input_tokens", "greater"),
    ({"input_tokens": "1.5"}, "input_tokens", "integer"),
    ({"input_tokens": 10**12 + 1}, "input_tokens", "less"),
    ({"input_tokens": 5, "cache_read_tokens": 6}, "input_tokens", "totals that include every part"),
    ({"web_searches": "NaN"}, "web_searches", "digits and a point"),
    ({"web_searches": "-1"}, "web_searches", "from 0"),
    ({"calls": 0}, "calls", "greater"),
    ({"at": "tomorrow"}, "at", "time with its zone"),
    ({"processing": "x" * 257}, "processing", "256"),
    ({"tokens": 5}, "tokens", "not a parameter"),
    ({"input_token": 5}, "input_token", "did you mean input_tokens?"),
]


def test_a_call_counts_all_that_an_event_counts() -> None:
    counts = {name for name in Event.__struct_fields__ if name.endswith("_tokens")}
    assert {field.name for field in fields(Call)} == counts | set(get_args(Unit))


async def test_questions_that_make_no_sense(world: World) -> None:
    for changed, field, words in STRANGE:
        asked = {"model": "openai/gpt-4", "input_tokens": 1, **changed}
        response = await world.get(PATH, **{n: value for n, value in asked.items() if value is not None})
        assert response.status_code == 422, (changed, response.text)
        problem = response.json()
        assert problem["errors"][0]["field"].partition(".")[0] == field, problem
        assert words in problem["detail"], problem


async def test_a_snapshot_from_before_a_change_leaves_no_old_prices_behind(world: World) -> None:
    """A request that began before a price was set, and ends after, must not make others see the old one."""
    engine, workspace_id = world.app.state.services.engine, world.account.workspace_id
    prices = CurrentPrices()

    async def price(connection: Any) -> int:
        calculator = await prices.calculator(connection, workspace_id)
        quote = calculator.price(
            workspace_id, "openai", "gpt-4", TokenUsage(input=10**6), None, to_us(clock.now())
        )
        assert quote is not None
        return quote.computed_pico // 10**12

    async with read_snapshot(engine, 5000) as before:
        assert (await before.execute(text("SELECT 1"))).scalar() == 1
        await put(world, provider="openai", model="gpt-4", tokens={"input": "1", "output": "1"})
        # Somebody else's request reads the book as it is now, and this one comes after it.
        other = await world.another()
        async with read_snapshot(engine, 5000) as after:
            await prices.calculator(after, other.account.workspace_id)
        assert await price(before) == 30
    async with read_snapshot(engine, 5000) as after:
        assert await price(after) == 1


async def test_requests_at_once_have_one_book(world: World) -> None:
    answers = await asyncio.gather(*(estimates(world, "gpt-4", input_tokens=1000) for _ in range(8)))
    assert {answer[0]["cost"] for answer in answers} == {"0.03"}
